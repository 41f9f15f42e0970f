"""Forecasters of time series, and networks of decisions."""

import torch

from .pretrained import pretrained


def series(length=32, channels=3):
    return {"past_values": torch.randn(1, length, channels)}


pretrained("patch-tst", "PatchTSTForPrediction", dict(
    num_input_channels=3, context_length=32, patch_length=8, patch_stride=8, num_hidden_layers=2, d_model=16,
    num_attention_heads=4, ffn_dim=32, prediction_length=8, loss="mse"), series, ("prediction_outputs",), exporters=("dynamo",))
pretrained("patch-tsmixer", "PatchTSMixerForPrediction", dict(
    num_input_channels=3, context_length=32, patch_length=8, patch_stride=8, num_layers=2, d_model=16, prediction_length=8,
    loss="mse"), series, ("prediction_outputs",), {"return_loss": False}, exporters=("dynamo",))
PAST = dict(prediction_length=4, context_length=8, lags_sequence=[1, 2], num_time_features=2, d_model=16,
            encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
            decoder_ffn_dim=32)


def past_and_future():
    return {"past_values": torch.randn(1, 10), "past_time_features": torch.randn(1, 10, 2),
            "past_observed_mask": torch.ones(1, 10), "future_values": torch.randn(1, 4),
            "future_time_features": torch.randn(1, 4, 2)}


pretrained("time-series-transformer", "TimeSeriesTransformerModel", PAST, past_and_future, fixed={"use_cache": False})
pretrained("informer", "InformerModel", {**PAST, "sampling_factor": 2, "attention_type": "full"}, past_and_future,
           fixed={"use_cache": False})
pretrained("autoformer", "AutoformerModel", {
    **PAST, "label_length": 4, "moving_average": 5, "autocorrelation_factor": 2}, past_and_future,
    fixed={"use_cache": False}, exporters=("dynamo",))
pretrained("times-fm", "TimesFmModel", dict(
    patch_length=8, context_length=32, horizon_length=8, hidden_size=32, intermediate_size=64, head_dim=8, num_hidden_layers=2,
    num_attention_heads=4), lambda: {"past_values": torch.randn(1, 32), "past_values_padding": torch.zeros(1, 32),
                                     "freq": torch.zeros(1, 1, dtype=torch.int64)})
pretrained("decision-transformer", "DecisionTransformerModel", dict(
    state_dim=5, act_dim=2, hidden_size=32, max_ep_len=16, n_layer=2, n_head=4, n_positions=64, vocab_size=1), lambda: {
        "states": torch.randn(1, 4, 5), "actions": torch.randn(1, 4, 2), "rewards": torch.randn(1, 4, 1),
        "returns_to_go": torch.randn(1, 4, 1), "timesteps": torch.arange(4)[None],
        "attention_mask": torch.ones(1, 4)}, ("action_preds", "state_preds"))
