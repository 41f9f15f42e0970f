"""Detectors and panoptic segmenters."""

import torch

from .pretrained import pixels, pretrained

BACKBONE = dict(model_type="resnet", embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1],
                out_features=["stage4"])


def backbone(*stages):
    import transformers
    return transformers.ResNetConfig(**{**BACKBONE, "out_features": list(stages)})


def masked(size=64):
    return {**pixels(size), "pixel_mask": torch.ones(1, size, size, dtype=torch.int64)}


DETR = dict(d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4, decoder_attention_heads=4,
            encoder_ffn_dim=64, decoder_ffn_dim=64, num_queries=6, use_timm_backbone=False,
            use_pretrained_backbone=False, num_labels=5)

pretrained("yolos", "YolosForObjectDetection", dict(
    image_size=[32, 32], patch_size=8, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
    intermediate_size=64, num_detection_tokens=5), pixels, ("logits", "pred_boxes"))
pretrained("detr", "DetrForObjectDetection", {**DETR, "backbone_config": backbone("stage4"), "backbone": None}, masked,
           ("logits", "pred_boxes"))
pretrained("conditional-detr", "ConditionalDetrForObjectDetection",
           {**DETR, "backbone_config": backbone("stage4"), "backbone": None}, masked, ("logits", "pred_boxes"))
pretrained("table-transformer", "TableTransformerForObjectDetection",
           {**DETR, "backbone_config": backbone("stage4"), "backbone": None}, masked, ("logits", "pred_boxes"))
pretrained("deformable-detr", "DeformableDetrForObjectDetection", {
    **DETR, "backbone_config": backbone("stage3", "stage4"), "backbone": None, "num_feature_levels": 2,
    "encoder_n_points": 2, "decoder_n_points": 2, "decoder_layers": 2}, masked, ("logits", "pred_boxes"),
    exporters=("dynamo",))
pretrained("rt-detr", "RTDetrForObjectDetection", dict(
    backbone_config=dict(model_type="rt_detr_resnet", embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1],
                         layer_type="basic", out_features=["stage2", "stage3", "stage4"]),
    encoder_hidden_dim=16, encoder_in_channels=[16, 24, 32], d_model=16, num_queries=6, encoder_ffn_dim=32,
    encoder_attention_heads=2, decoder_in_channels=[16, 16, 16], decoder_ffn_dim=32, decoder_layers=1,
    decoder_attention_heads=2, decoder_n_points=2, num_labels=5, anchor_image_size=None, eval_size=None), lambda: pixels(64),
    ("logits", "pred_boxes"), cosine=0.95)  # It chooses queries by their scores: PyTorch's own bfloat16 has 0.960.
pretrained("mask-former", "MaskFormerForInstanceSegmentation", dict(
    backbone_config=dict(model_type="swin", image_size=64, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2],
                         window_size=2, out_features=["stage1", "stage2", "stage3", "stage4"]),
    decoder_config=dict(model_type="detr", d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
                        encoder_ffn_dim=32, decoder_ffn_dim=32, num_queries=5),
    fpn_feature_size=32, mask_feature_size=32), lambda: pixels(64), ("class_queries_logits", "masks_queries_logits"))
pretrained("uper-net", "UperNetForSemanticSegmentation", dict(
    backbone_config=dict(model_type="convnext", hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1],
                         out_features=["stage1", "stage2", "stage3", "stage4"]),
    hidden_size=16, auxiliary_channels=8, auxiliary_in_channels=24, num_labels=5), lambda: pixels(64), ("logits",), exporters=("dynamo",))
