"""Decoders of text: a prompt, and one more token with cached keys and values."""

from .pretrained import pretrained, pretrained_decode, tokens

GPT = dict(vocab_size=99, n_embd=32, n_layer=2, n_head=4, n_positions=64)
LLAMA = dict(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             intermediate_size=64, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)
NO_CACHE = {"use_cache": False}


def decoder(name, class_name, config, inputs=tokens, **fields):
    pretrained(name, class_name, config, inputs, ("logits",), NO_CACHE, **fields)


decoder("gpt2", "GPT2LMHeadModel", GPT, torchscript_opset=14)
pretrained_decode("gpt2-decode", "GPT2LMHeadModel", GPT, 4, 8, torchscript_opset=14, dynamo_opset=21)
decoder("gpt-neo", "GPTNeoForCausalLM", dict(
    vocab_size=99, hidden_size=32, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]], window_size=4,
    intermediate_size=64, max_position_embeddings=64))
decoder("gptj", "GPTJForCausalLM", {**GPT, "rotary_dim": 4})
decoder("gpt-neox", "GPTNeoXForCausalLM", {**LLAMA, "rotary_pct": 0.25}, dynamo_opset=22)
decoder("gpt-bigcode", "GPTBigCodeForCausalLM", GPT)
decoder("openai-gpt", "OpenAIGPTLMHeadModel", GPT, lambda: tokens(mask=False))
decoder("ctrl", "CTRLLMHeadModel", dict(vocab_size=99, n_embd=32, n_layer=2, n_head=4, dff=64, n_positions=64))
decoder("opt", "OPTForCausalLM", dict(
    vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=64,
    max_position_embeddings=64, word_embed_proj_dim=16))
decoder("bloom", "BloomForCausalLM", dict(vocab_size=99, hidden_size=32, n_layer=2, n_head=4))
decoder("llama", "LlamaForCausalLM", LLAMA, dynamo_opset=23)
pretrained_decode("llama-decode", "LlamaForCausalLM", LLAMA, 2, 8, dynamo_opset=23)
decoder("mistral", "MistralForCausalLM", {**LLAMA, "sliding_window": 4})
decoder("qwen2", "Qwen2ForCausalLM", LLAMA)
pretrained_decode("qwen3-decode", "Qwen3ForCausalLM", {**LLAMA, "head_dim": 8}, 2, 8)
decoder("gemma2", "Gemma2ForCausalLM", {**LLAMA, "head_dim": 8, "sliding_window": 4})
decoder("gemma3", "Gemma3ForCausalLM", {**LLAMA, "head_dim": 8, "sliding_window": 4})
pretrained_decode("phi-decode", "PhiForCausalLM", {**LLAMA, "partial_rotary_factor": 0.5}, 2, 8)
decoder("phi3", "Phi3ForCausalLM", LLAMA)
decoder("mpt", "MptForCausalLM", dict(vocab_size=99, d_model=32, n_layers=2, n_heads=4, max_seq_len=64))
decoder("stablelm", "StableLmForCausalLM", LLAMA)
decoder("cohere", "CohereForCausalLM", LLAMA, exporters=("dynamo",))
decoder("olmo2", "Olmo2ForCausalLM", LLAMA, dynamo_opset=20)
decoder("mixtral", "MixtralForCausalLM", {**LLAMA, "num_local_experts": 4, "num_experts_per_tok": 2,
                                          "experts_implementation": "batched_mm"})
decoder("qwen3-moe", "Qwen3MoeForCausalLM", {**LLAMA, "num_experts": 4, "num_experts_per_tok": 2, "head_dim": 8,
                                             "moe_intermediate_size": 16, "experts_implementation": "batched_mm"})
decoder("deepseek-v3", "DeepseekV3ForCausalLM", {
    **LLAMA, "num_key_value_heads": 4, "moe_intermediate_size": 16, "n_routed_experts": 8, "n_group": 2, "topk_group": 1,
    "num_experts_per_tok": 2, "q_lora_rank": 16, "kv_lora_rank": 8, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8,
    "v_head_dim": 8, "first_k_dense_replace": 1, "experts_implementation": "batched_mm"})
decoder("gpt-oss", "GptOssForCausalLM", {**LLAMA, "num_local_experts": 4, "num_experts_per_tok": 2, "head_dim": 8,
                                         "sliding_window": 4, "experts_implementation": "batched_mm"})
decoder("mamba", "MambaForCausalLM", dict(
    vocab_size=99, hidden_size=16, num_hidden_layers=1, state_size=4, time_step_rank=4),
    lambda: tokens(6, mask=False))
decoder("mamba2", "Mamba2ForCausalLM", dict(
    vocab_size=99, hidden_size=16, num_hidden_layers=1, state_size=8, num_heads=4, head_dim=8, n_groups=1, chunk_size=4),
    lambda: tokens(8, mask=False), exporters=("dynamo",))
decoder("granite", "GraniteForCausalLM", LLAMA)
decoder("smollm3", "SmolLM3ForCausalLM", LLAMA)
