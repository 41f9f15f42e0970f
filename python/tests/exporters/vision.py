"""Classifiers, segmenters and other networks of images."""

import torch

from .pretrained import pixels, pretrained, tokens

VIT = dict(image_size=32, patch_size=8, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
           intermediate_size=64)

pretrained("vit", "ViTForImageClassification", VIT, pixels, ("logits",), torchscript_opset=14, dynamo_opset=23)
pretrained("deit", "DeiTModel", VIT, pixels)
pretrained("beit", "BeitModel", {**VIT, "use_relative_position_bias": True, "use_mask_token": False}, pixels)
pretrained("data2vec-vision", "Data2VecVisionModel", {**VIT, "use_shared_relative_position_bias": True}, pixels)
pretrained("dinov2", "Dinov2Model", {**VIT, "image_size": 32}, lambda: pixels(48))
pretrained("swin", "SwinModel", dict(
    image_size=32, patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4), pixels)
pretrained("swinv2", "Swinv2Model", dict(
    image_size=32, patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4), pixels)
pretrained("convnext", "ConvNextModel", dict(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2), pixels)
pretrained("convnextv2", "ConvNextV2Model", dict(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2), pixels,
           dynamo_opset=20)
pretrained("hf-resnet", "ResNetModel", dict(embedding_size=8, hidden_sizes=[16, 32], depths=[1, 1]), pixels)
pretrained("regnet", "RegNetModel", dict(
    embedding_size=8, hidden_sizes=[16, 32], depths=[1, 1], groups_width=8), pixels, torchscript_opset=13)
pretrained("bit", "BitModel", dict(
    embedding_size=8, hidden_sizes=[16, 32], depths=[1, 1], num_groups=4, global_padding="SAME"), pixels)
pretrained("mobilenet-v1", "MobileNetV1Model", dict(image_size=32, depth_multiplier=0.25), pixels, ("pooler_output",))
pretrained("mobilenet-v2", "MobileNetV2Model", dict(image_size=32, depth_multiplier=0.25), pixels, ("pooler_output",))
pretrained("mobilevit", "MobileViTModel", dict(
    image_size=32, patch_size=2, hidden_sizes=[16, 24, 32], neck_hidden_sizes=[8, 8, 12, 16, 16, 16, 32],
    num_attention_heads=2, expand_ratio=2.0), pixels)
pretrained("mobilevitv2", "MobileViTV2Model", dict(image_size=32, width_multiplier=0.25), lambda: pixels(64),
           exporters=("dynamo",))
pretrained("levit", "LevitModel", dict(
    image_size=64, hidden_sizes=[16, 24, 32], num_attention_heads=[2, 3, 4], depths=[1, 1, 1], key_dim=[8, 8, 8],
    mlp_ratio=[2, 2, 2], attention_ratio=[2, 2, 2]), lambda: pixels(64))
pretrained("poolformer", "PoolFormerModel", dict(
    hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1]), lambda: pixels(64))
pretrained("pvt", "PvtModel", dict(
    image_size=64, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 3, 4]), lambda: pixels(64))
pretrained("pvt-v2", "PvtV2Model", dict(
    image_size=64, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 3, 4]), lambda: pixels(64))
pretrained("segformer", "SegformerForSemanticSegmentation", dict(
    hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 3, 4], decoder_hidden_size=16),
    lambda: pixels(64), ("logits",))
pretrained("glpn", "GLPNForDepthEstimation", dict(
    hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 3, 4], decoder_hidden_size=16),
    lambda: pixels(64), ("predicted_depth",))
pretrained("dpt", "DPTForDepthEstimation", {
    **VIT, "num_hidden_layers": 4, "backbone_out_indices": [0, 1, 2, 3], "neck_hidden_sizes": [8, 8, 16, 16],
    "fusion_hidden_size": 16}, pixels, ("predicted_depth",), cosine=0.99)  # PyTorch's own bfloat16: 0.997
pretrained("focalnet", "FocalNetModel", dict(
    image_size=32, patch_size=2, embed_dim=16, depths=[1, 1], focal_levels=[2, 2], focal_windows=[3, 3],
    hidden_sizes=[16, 32]), pixels)
pretrained("swiftformer", "SwiftFormerModel", dict(
    image_size=64, depths=[1, 1, 1, 1], embed_dims=[8, 16, 24, 32]), lambda: pixels(64))
pretrained("hiera", "HieraModel", dict(
    image_size=[32, 32], patch_size=[3, 3], patch_stride=[2, 2], patch_padding=[1, 1], embed_dim=8, depths=[1, 1, 2, 1],
    num_heads=[1, 2, 4, 8], masked_unit_size=[8, 8]), lambda: pixels(32))
pretrained("vit-msn", "ViTMSNModel", VIT, pixels)
pretrained("vivit", "VivitModel", {**VIT, "num_frames": 4, "tubelet_size": [2, 8, 8]},
           lambda: {"pixel_values": torch.randn(1, 4, 3, 32, 32)})
pretrained("video-mae", "VideoMAEModel", {**VIT, "num_frames": 4, "tubelet_size": 2},
           lambda: {"pixel_values": torch.randn(1, 4, 3, 32, 32)})
pretrained("swin2sr", "Swin2SRForImageSuperResolution", dict(
    image_size=16, embed_dim=12, depths=[1, 1], num_heads=[2, 2], window_size=4, upscale=2), lambda: pixels(16),
    ("reconstruction",))
CLIP = dict(
    text_config=dict(vocab_size=99, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                     max_position_embeddings=16, eos_token_id=98, bos_token_id=1, pad_token_id=0),
    vision_config=dict(VIT), projection_dim=16)
pretrained("clip", "CLIPModel", CLIP, lambda: {**tokens(8), **pixels()}, ("logits_per_image", "text_embeds", "image_embeds"))
pretrained("siglip", "SiglipModel", dict(
    text_config=dict(vocab_size=99, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                     max_position_embeddings=8), vision_config=dict(VIT)),
    lambda: {**tokens(8, mask=False), **pixels()}, ("logits_per_image",))
pretrained("blip-text", "BlipTextModel", dict(
    vocab_size=99, hidden_size=32, encoder_hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
    max_position_embeddings=16), tokens)
pretrained("super-point", "SuperPointForKeypointDetection", dict(
    encoder_hidden_sizes=[8, 8, 16, 16], decoder_hidden_size=16, keypoint_decoder_dim=65, descriptor_decoder_dim=16),
    pixels, ("keypoints", "scores"), exporters=("dynamo",))
pretrained("image-gpt", "ImageGPTModel", dict(vocab_size=33, n_embd=32, n_layer=2, n_head=4, n_positions=64),
           lambda: tokens(16, 1, 32, mask=False), fixed={"use_cache": False})
