"""Recurrent networks and transformers written in plain torch."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from .registry import architecture, randomise


def sequence(length=12, width=16, batch=2):
    return {"sequence": torch.randn(batch, length, width)}


class Tagger(nn.Module):
    """A recurrent layer and a head over each position."""

    def __init__(self, cell, **options):
        super().__init__()
        self.cell = cell(16, 12, batch_first=True, **options)
        self.head = nn.Linear(24 if options.get("bidirectional") else 12, 5)

    def forward(self, x):
        y, state = self.cell(x)
        state = state if isinstance(state, tuple) else (state,)
        return (self.head(y),) + state


@architecture("lstm", torchscript_opset=14)
def lstm():
    return randomise(Tagger(nn.LSTM, num_layers=2)), sequence()


@architecture("bidirectional-lstm", torchscript_opset=17)
def bidirectional_lstm():
    return randomise(Tagger(nn.LSTM, bidirectional=True)), sequence()


@architecture("gru", torchscript_opset=14)
def gru():
    return randomise(Tagger(nn.GRU, num_layers=2, bidirectional=True)), sequence()


@architecture("rnn", torchscript_opset=16)
def rnn():
    return randomise(Tagger(nn.RNN, nonlinearity="relu")), sequence()


@architecture("gru-cell-loop")
def gru_cell_loop():
    class Cells(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(16, 12)

        def forward(self, x, state):
            outputs = []
            for step in range(x.shape[1]):
                state = self.cell(x[:, step], state)
                outputs.append(state)
            return torch.stack(outputs, 1)

    return randomise(Cells()), {**sequence(5), "state": torch.randn(2, 12)}


@architecture("scripted-loop", exporters=("torchscript",), torchscript_opset=16)
def scripted_loop():
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.LSTMCell(16, 12)

        def forward(self, x, steps: torch.Tensor):
            h = torch.zeros(x.size(0), 12)
            c = torch.zeros(x.size(0), 12)
            for step in range(int(steps)):
                h, c = self.cell(x[:, step], (h, c))
            return h

    return torch.jit.script(randomise(Loop()).eval()), {**sequence(6), "steps": torch.tensor(4)}


@architecture("scripted-branch", exporters=("torchscript",))
def scripted_branch():
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Linear(16, 8), nn.Linear(16, 8)

        def forward(self, x):
            if bool(x.mean() > 0):
                y = self.left(x).relu()
            else:
                y = self.right(x).tanh()
            return y

    return torch.jit.script(randomise(Branch()).eval()), sequence()


@architecture("temporal-convolution")
def temporal_convolution():
    class Causal(nn.Module):
        def __init__(self, dilation):
            super().__init__()
            self.dilation = dilation
            self.filter, self.gate = (nn.Conv1d(8, 8, 2, dilation=dilation) for _ in range(2))
            self.out = nn.Conv1d(8, 8, 1)

        def forward(self, x):
            padded = F.pad(x, (self.dilation, 0))
            return x + self.out(torch.tanh(self.filter(padded)) * torch.sigmoid(self.gate(padded)))

    return randomise(nn.Sequential(
        nn.Conv1d(1, 8, 1), Causal(1), Causal(2), Causal(4), nn.Conv1d(8, 4, 1))), {"wave": torch.randn(1, 1, 64)}


@architecture("forecaster", torchscript_opset=13)
def forecaster():
    """A recurrent layer of 16 values, a gate, a moving average taken off, and means of windows."""

    class Forecaster(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.LSTM(4, 16, batch_first=True)
            self.gate, self.norm, self.out = nn.Linear(16, 32), nn.LayerNorm(16), nn.Linear(16, 3)

        def forward(self, x):
            hidden, _ = self.layer(x)
            hidden = self.norm(F.glu(self.gate(hidden)) + hidden)
            trend = F.avg_pool1d(F.pad(x.transpose(1, 2), (2, 2), mode="replicate"), 5, 1).transpose(1, 2)
            return self.out(hidden), x - trend, x.unfold(1, 4, 2).mean(-1)

    return randomise(Forecaster()), {"series": torch.randn(2, 12, 4)}


class Positions(nn.Module):
    def __init__(self, length, width):
        super().__init__()
        angles = torch.arange(float(length))[:, None] * torch.exp(
            torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        table = torch.zeros(length, width)
        table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
        self.register_buffer("table", table)

    def forward(self, x):
        return x + self.table[:x.shape[1]]


@architecture("transformer-encoder", exporters=("dynamo",), dynamo_opset=23)
def transformer_encoder():
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=True, activation="gelu")
    return randomise(nn.Sequential(
        Positions(20, 16), nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(16, 5))), sequence()


@architecture("rotary-attention", exporters=("dynamo",), dynamo_opset=23)
def rotary_attention():
    class Rotary(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.out = nn.Linear(16, 48, bias=False), nn.Linear(16, 16)
            self.norm = nn.RMSNorm(16)
            angles = torch.outer(torch.arange(32.), 1 / 10000 ** (torch.arange(0, 4, 2) / 4))
            self.register_buffer("cos", angles.cos().repeat(1, 2))
            self.register_buffer("sin", angles.sin().repeat(1, 2))

        def rotate(self, x):
            left, right = x.chunk(2, -1)
            length = x.shape[2]
            return x * self.cos[:length] + torch.cat([-right, left], -1) * self.sin[:length]

        def forward(self, x):
            q, k, v = self.qkv(self.norm(x)).view(*x.shape[:2], 3, 4, 4).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(self.rotate(q), self.rotate(k), v, is_causal=True)
            return x + self.out(y.transpose(1, 2).flatten(2))

    return randomise(Rotary()), sequence()


@architecture("linear-attention")
def linear_attention():
    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v = (nn.Linear(16, 16) for _ in range(3))

        def forward(self, x):
            q, k = (F.elu(f(x)) + 1 for f in (self.q, self.k))
            v = self.v(x)
            context = torch.einsum("bnd,bne->bde", k, v)
            total = torch.einsum("bnd,bd->bn", q, k.sum(1))
            return torch.einsum("bnd,bde->bne", q, context) / (total[..., None] + 1e-6)

    return randomise(Linear()), sequence()


@architecture("relative-attention", torchscript_opset=13)
def relative_attention():
    class Relative(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
            self.bias = nn.Embedding(15, 4)

        def forward(self, x):
            length = x.shape[1]
            positions = torch.arange(length)
            distance = (positions[:, None] - positions[None, :]).clamp(-7, 7) + 7
            bias = self.bias(distance).permute(2, 0, 1).repeat(x.shape[0], 1, 1)
            y, weights = self.attention(x, x, x, attn_mask=bias)
            return y, weights

    return randomise(Relative()), sequence()


@architecture("pointer-network")
def pointer_network():
    class Pointer(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.GRU(16, 16, batch_first=True)
            self.query, self.key, self.score = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 1)

        def forward(self, x, lengths):
            y, last = self.encoder(x)
            scores = self.score(torch.tanh(self.query(last[0])[:, None] + self.key(y))).squeeze(-1)
            mask = torch.arange(x.shape[1])[None] < lengths[:, None]
            weights = scores.masked_fill(~mask, float("-inf")).softmax(-1)
            return weights, torch.bmm(weights[:, None], y)[:, 0]

    return randomise(Pointer()), {**sequence(), "lengths": torch.tensor([12, 7])}


@architecture("state-space")
def state_space():
    class StateSpace(nn.Module):
        def __init__(self):
            super().__init__()
            self.decay = nn.Parameter(torch.zeros(16, 4))
            self.into, self.out, self.step = nn.Linear(16, 4), nn.Linear(16, 4), nn.Linear(16, 16)

        def forward(self, x):
            delta = F.softplus(self.step(x))
            decay = torch.exp(-delta[..., None] * torch.exp(self.decay))
            inputs = (delta * x)[..., None] * self.into(x)[:, :, None]
            state, outputs = torch.zeros(x.shape[0], 16, 4), []
            for step in range(x.shape[1]):
                state = decay[:, step] * state + inputs[:, step]
                outputs.append((state * self.out(x)[:, step, None]).sum(-1))
            return torch.stack(outputs, 1) + x * torch.sigmoid(x)

    return randomise(StateSpace()), sequence(8)


@architecture("conditional-random-field")
def conditional_random_field():
    class Field(nn.Module):
        def __init__(self):
            super().__init__()
            self.emit = nn.Linear(16, 5)
            self.transitions = nn.Parameter(torch.zeros(5, 5))

        def forward(self, x):
            emissions = self.emit(x)
            total = emissions[:, 0]
            for step in range(1, x.shape[1]):
                total = torch.logsumexp(total[:, :, None] + self.transitions, dim=1) + emissions[:, step]
            return torch.logsumexp(total, 1), F.log_softmax(emissions, -1)

    return randomise(Field()), sequence(6)
