"""Small networks of many architectures, as PyTorch's exporters write them.

Needs torch and transformers (scripts/requirements-exporters.txt), which nothing else of the tests
needs; `registry` itself imports neither.
"""
