import os

import lit.formats

config.name = "garam"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.garam_binary_dir, "test")
config.environment["PATH"] = os.pathsep.join([
    os.path.join(config.garam_binary_dir, "bin"),
    config.llvm_tools_dir,
    config.environment["PATH"],
])
# What the tests compile is not to be in the user's list of trusted binaries.
config.environment["XDG_STATE_HOME"] = os.path.join(config.test_exec_root, "state")
config.substitutions.append(("%python", config.python))
config.substitutions.append(("%source_dir", config.garam_source_dir))

# Real models that a user's checkout does not have: tests that need them say
# REQUIRES: shared-models.
models = os.path.join(config.garam_source_dir, "..", "shared", "models")
if os.path.isdir(models):
    config.available_features.add("shared-models")
    config.substitutions.append(("%models", os.path.realpath(models)))
