"""Networks of speech and other audio."""

import torch

from .pretrained import pretrained, wave

WAV2VEC = dict(vocab_size=32, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
               conv_dim=[16, 16], conv_stride=[5, 2], conv_kernel=[10, 3], num_conv_pos_embeddings=8,
               num_conv_pos_embedding_groups=2, num_feat_extract_layers=2)
WHISPER = dict(vocab_size=99, num_mel_bins=8, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
               decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_source_positions=20,
               max_target_positions=16, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1)

pretrained("wav2vec2", "Wav2Vec2ForCTC", WAV2VEC, wave, ("logits",), torchscript_opset=14)
pretrained("hubert", "HubertModel", {**WAV2VEC, "feat_extract_norm": "layer", "do_stable_layer_norm": True}, wave)
pretrained("wavlm", "WavLMModel", {**WAV2VEC, "num_buckets": 8, "max_bucket_distance": 16}, wave)
pretrained("data2vec-audio", "Data2VecAudioModel", {**WAV2VEC, "num_conv_pos_embeddings": 2}, wave)
pretrained("unispeech-sat", "UniSpeechSatModel", WAV2VEC, wave)
pretrained("sew", "SEWModel", {**WAV2VEC, "squeeze_factor": 2}, wave)
pretrained("wav2vec2-conformer", "Wav2Vec2ConformerModel", {**WAV2VEC, "position_embeddings_type": "rotary"}, wave)
pretrained("wav2vec2-bert", "Wav2Vec2BertModel", dict(
    hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, feature_projection_input_dim=16,
    conv_depthwise_kernel_size=5, left_max_position_embeddings=4, right_max_position_embeddings=2), lambda: {"input_features": torch.randn(1, 20, 16)})
pretrained("whisper", "WhisperForConditionalGeneration", WHISPER, lambda: {
    "input_features": torch.randn(1, 8, 40), "decoder_input_ids": torch.randint(3, 99, (1, 5))}, ("logits",),
    {"use_cache": False}, exporters=("dynamo",), dynamo_opset=23)
pretrained("whisper-encoder", "WhisperForAudioClassification", WHISPER,
           lambda: {"input_features": torch.randn(1, 8, 40)}, ("logits",))
pretrained("speech-to-text", "Speech2TextModel", dict(
    vocab_size=99, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4, decoder_attention_heads=4,
    encoder_ffn_dim=64, decoder_ffn_dim=64, input_feat_per_channel=8, conv_channels=16, num_conv_layers=2,
    max_source_positions=64, max_target_positions=32), lambda: {
        "input_features": torch.randn(1, 24, 8), "decoder_input_ids": torch.randint(3, 99, (1, 5))}, fixed={"use_cache": False})
pretrained("audio-spectrogram", "ASTForAudioClassification", dict(
    hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, patch_size=4, max_length=24, num_mel_bins=16,
    frequency_stride=4, time_stride=4), lambda: {"input_values": torch.randn(1, 24, 16)}, ("logits",))
pretrained("encodec", "EncodecModel", dict(
    num_filters=4, num_residual_layers=1, upsampling_ratios=[4, 2], codebook_size=16, codebook_dim=16, hidden_size=16,
    num_lstm_layers=1, target_bandwidths=[24.0], sampling_rate=24000, normalize=False, use_causal_conv=True),
    lambda: {"input_values": torch.randn(1, 1, 160)}, ("audio_values",), {"return_dict": True},
    exporters=("torchscript",))
pretrained("dac", "DacModel", dict(
    encoder_hidden_size=4, downsampling_ratios=[2, 4], decoder_hidden_size=16, upsampling_ratios=[4, 2], n_codebooks=2,
    codebook_size=16, codebook_dim=4, hidden_size=16), lambda: {"input_values": torch.randn(1, 1, 160)}, ("audio_values",))
pretrained("univnet", "UnivNetModel", dict(
    model_in_channels=8, model_hidden_channels=8, num_mel_bins=10, resblock_kernel_sizes=[3], resblock_stride_sizes=[4],
    resblock_dilation_sizes=[[1, 3]], kernel_predictor_num_blocks=1, kernel_predictor_hidden_channels=8,
    kernel_predictor_conv_size=3), lambda: {"input_features": torch.randn(1, 7, 10), "noise_sequence": torch.randn(1, 7, 8)},
    ("waveforms",), exporters=("dynamo",))
pretrained("hifi-gan", "SpeechT5HifiGan", dict(
    model_in_dim=10, upsample_initial_channel=16, upsample_rates=[4, 2], upsample_kernel_sizes=[8, 4],
    resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]], normalize_before=True),
    lambda: {"spectrogram": torch.randn(12, 10)}, ())
pretrained("moonshine", "MoonshineModel", dict(
    vocab_size=99, hidden_size=32, intermediate_size=64, encoder_num_hidden_layers=1, decoder_num_hidden_layers=1,
    encoder_num_attention_heads=4, decoder_num_attention_heads=4), lambda: {
        "input_values": torch.randn(1, 1600), "decoder_input_ids": torch.randint(3, 99, (1, 5))}, fixed={"use_cache": False}, exporters=("dynamo",))
pretrained("vits", "VitsModel", dict(
    vocab_size=38, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=32, flow_size=16, spectrogram_bins=17,
    upsample_initial_channel=16, upsample_rates=[4, 2], upsample_kernel_sizes=[8, 4], resblock_kernel_sizes=[3],
    resblock_dilation_sizes=[[1, 3]], prior_encoder_num_flows=1, posterior_encoder_num_wavenet_layers=1,
    prior_encoder_num_wavenet_layers=1, duration_predictor_num_flows=1, noise_scale=0.0, noise_scale_duration=0.0),
    lambda: {"input_ids": torch.randint(1, 38, (1, 7))}, ("waveform",), exporters=("torchscript",))
