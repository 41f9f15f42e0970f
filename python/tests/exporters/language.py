"""Encoders and encoder-decoders of text."""

import torch

from .pretrained import pretrained, tokens

SMALL = dict(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
             intermediate_size=64, max_position_embeddings=64)


def with_target(length=7):
    return {**tokens(), "decoder_input_ids": torch.randint(3, 99, (2, length))}


pretrained("bert", "BertModel", SMALL, tokens, ("last_hidden_state", "pooler_output"), torchscript_opset=14)
pretrained("bert-qa", "BertForQuestionAnswering", SMALL, tokens, ("start_logits", "end_logits"), dynamo_opset=23)
pretrained("roberta", "RobertaForSequenceClassification", {**SMALL, "pad_token_id": 1}, tokens, ("logits",))
pretrained("distilbert", "DistilBertForTokenClassification", dict(
    vocab_size=99, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=64), tokens, ("logits",),
    torchscript_opset=15)
pretrained("albert", "AlbertModel", {**SMALL, "embedding_size": 16}, tokens)
pretrained("electra", "ElectraModel", {**SMALL, "embedding_size": 16}, tokens, dynamo_opset=20)
pretrained("mpnet", "MPNetModel", SMALL, tokens)
pretrained("deberta", "DebertaModel", {**SMALL, "relative_attention": True, "pos_att_type": ["c2p", "p2c"],
                                       "max_relative_positions": -1}, tokens)
pretrained("deberta-v2", "DebertaV2Model", {**SMALL, "relative_attention": True, "pos_att_type": ["c2p", "p2c"],
                                            "position_buckets": 8, "share_att_key": True,
                                            "norm_rel_ebd": "layer_norm"}, tokens)
pretrained("mobilebert", "MobileBertModel", {**SMALL, "embedding_size": 16, "intra_bottleneck_size": 16,
                                             "intermediate_size": 32}, tokens)
pretrained("squeezebert", "SqueezeBertModel", {**SMALL, "embedding_size": 32}, tokens)
pretrained("convbert", "ConvBertModel", {**SMALL, "embedding_size": 16, "conv_kernel_size": 3}, tokens)
pretrained("fnet", "FNetModel", {**SMALL, "tpu_short_seq_length": 10}, lambda: tokens(mask=False),
           exporters=("dynamo",))
pretrained("longformer", "LongformerModel", {**SMALL, "attention_window": 4, "max_position_embeddings": 70,
                                             "pad_token_id": 1}, lambda: tokens(8, 1), exporters=("torchscript",))
pretrained("funnel", "FunnelBaseModel", dict(
    vocab_size=99, d_model=32, n_head=4, d_head=8, d_inner=64, block_sizes=[1, 1], num_decoder_layers=1), tokens)
pretrained("modernbert", "ModernBertModel", {**SMALL, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
                                             "cls_token_id": 1, "sep_token_id": 2, "local_attention": 4,
                                             "global_attn_every_n_layers": 2}, tokens)
pretrained("xlnet", "XLNetModel", dict(vocab_size=99, d_model=32, n_layer=2, n_head=4, d_inner=64), tokens,
           exporters=("torchscript",))
pretrained("roformer", "RoFormerModel", {**SMALL, "embedding_size": 16}, tokens, dynamo_opset=21)
pretrained("esm", "EsmModel", {**SMALL, "pad_token_id": 1, "mask_token_id": 2,
                               "position_embedding_type": "rotary"}, tokens)
pretrained("layoutlm", "LayoutLMModel", SMALL,
           lambda: {**tokens(), "bbox": torch.randint(0, 60, (2, 10, 4)).sort(-1).values})
pretrained("canine", "CanineModel", {**SMALL, "downsampling_rate": 2, "upsampling_kernel_size": 2,
                                     "num_hash_buckets": 32, "local_transformer_stride": 4}, lambda: tokens(8),
           exporters=("dynamo",))
pretrained("big-bird", "BigBirdModel", {**SMALL, "attention_type": "original_full"}, tokens)
pretrained("xlm-roberta-xl", "XLMRobertaXLModel", {**SMALL, "pad_token_id": 1}, tokens)
pretrained("perceiver", "PerceiverModel", dict(
    num_latents=8, d_latents=16, d_model=16, num_blocks=1, num_self_attends_per_block=1, num_self_attention_heads=2,
    num_cross_attention_heads=2), lambda: {"inputs": torch.randn(2, 12, 16)})
pretrained("tapas", "TapasModel", {**SMALL, "type_vocab_sizes": [3, 8, 8, 2, 8, 8, 4]},
           lambda: {**tokens(), "token_type_ids": torch.randint(0, 2, (2, 10, 7))}, exporters=("dynamo",))

pretrained("t5", "T5ForConditionalGeneration", dict(
    vocab_size=99, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, relative_attention_num_buckets=8),
    with_target, ("logits",), {"use_cache": False})
pretrained("flan-t5", "T5ForConditionalGeneration", dict(
    vocab_size=99, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu",
    tie_word_embeddings=False), with_target, ("logits", "past_key_values") [:1], {"use_cache": False},
    dynamo_opset=23)
SEQ2SEQ = dict(vocab_size=99, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
               decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=64)
pretrained("bart", "BartModel", SEQ2SEQ, with_target, fixed={"use_cache": False}, torchscript_opset=14)
pretrained("marian", "MarianMTModel", {**SEQ2SEQ, "pad_token_id": 0, "decoder_start_token_id": 0}, with_target,
           ("logits",), {"use_cache": False})
pretrained("pegasus", "PegasusModel", SEQ2SEQ, with_target, fixed={"use_cache": False})
pretrained("m2m100", "M2M100Model", SEQ2SEQ, with_target, fixed={"use_cache": False})
pretrained("led", "LEDModel", dict(
    vocab_size=99, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4,
    decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_encoder_position_embeddings=64,
    max_decoder_position_embeddings=64, attention_window=4),
    lambda: {**tokens(8, 1), "decoder_input_ids": torch.randint(3, 99, (1, 7))}, fixed={"use_cache": False},
    exporters=("torchscript",))
pretrained("prophetnet", "ProphetNetModel", dict(
    vocab_size=99, hidden_size=32, encoder_ffn_dim=64, num_encoder_layers=1, num_encoder_attention_heads=4,
    decoder_ffn_dim=64, num_decoder_layers=1, num_decoder_attention_heads=4, max_position_embeddings=64,
    num_buckets=8, relative_max_distance=16), with_target, fixed={"use_cache": False}, exporters=("torchscript",))
pretrained("switch-transformer", "SwitchTransformersEncoderModel", dict(
    vocab_size=99, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, num_experts=4, num_sparse_encoder_layers=1,
    expert_capacity=8), tokens, exporters=("torchscript",))
