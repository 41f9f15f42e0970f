"""Networks of the transformers library, small and with random weights."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from torch import nn

from .registry import architecture, randomise

transformers.logging.set_verbosity_error()


class Positional(nn.Module):
    """A network called by position; it returns those of its outputs that are asked for.

    Without names the output is the result itself. `fixed` are arguments that are not inputs of the exported model.
    """

    def __init__(self, model, names, outputs, fixed):
        super().__init__()
        self.model, self.names, self.outputs, self.fixed = model, names, outputs, fixed

    def forward(self, *arguments):
        result = self.model(**dict(zip(self.names, arguments)), **self.fixed)
        if not self.outputs:
            return result
        chosen = [result[name] for name in self.outputs]
        flat = []
        for value in chosen:
            flat += value if isinstance(value, (tuple, list)) else [value]
        return tuple(flat)


class Decode(nn.Module):
    """One step of a decoder with the keys and values of the tokens before it.

    Called with the tokens, then a key and a value of each layer; returns logits, then all keys and values.
    """

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, tokens, *cached):
        pairs = list(zip(cached[::2], cached[1::2]))
        cache = transformers.DynamicCache(pairs)
        result = self.model(input_ids=tokens, past_key_values=cache, use_cache=True)
        states = []
        for layer in result.past_key_values.layers:
            states += [layer.keys, layer.values]
        return (result.logits, *states)


def make(class_name, config):
    network = getattr(transformers, class_name)
    torch.manual_seed(0)
    return randomise(network(network.config_class(**config))).eval()


def tokens(length=10, batch=2, vocabulary=99, mask=True):
    inputs = {"input_ids": torch.randint(3, vocabulary, (batch, length))}
    if mask:
        inputs["attention_mask"] = torch.ones(batch, length, dtype=torch.int64)
        inputs["attention_mask"][-1, -3:] = 0
    return inputs


def pixels(size=32, channels=3, batch=1):
    return {"pixel_values": torch.randn(batch, channels, size, size)}


def wave(length=800):
    return {"input_values": torch.randn(1, length)}


def pretrained(name, class_name, config, inputs, outputs=("last_hidden_state",), fixed=None, **fields):
    """Adds a network: `inputs` is a function without arguments."""

    def build():
        torch.manual_seed(1)
        values = inputs()
        return Positional(make(class_name, config), list(values), list(outputs), fixed or {}), values

    architecture(name, **fields)(build)


def pretrained_decode(name, class_name, config, heads, width, past=6, **fields):
    """Adds one step of a decoder; `heads` and `width` are those of the cached keys."""

    def build():
        model = make(class_name, config)
        torch.manual_seed(1)
        values = {"input_ids": torch.randint(3, 99, (1, 1))}
        for layer in range(model.config.num_hidden_layers):
            for part in ("key", "value"):
                values[f"past.{layer}.{part}"] = torch.randn(1, heads, past, width)
        return Decode(model), values

    architecture(name, **fields)(build)
