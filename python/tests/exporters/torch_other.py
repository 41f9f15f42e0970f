"""Recommenders, graph networks, mixtures and other networks written in plain torch."""

import torch
from torch import nn
from torch.nn import functional as F

from .registry import architecture, randomise


@architecture("factorisation-machine")
def factorisation_machine():
    class Machine(nn.Module):
        def __init__(self):
            super().__init__()
            self.tables = nn.ModuleList(nn.Embedding(50, 8) for _ in range(4))
            self.linear = nn.ModuleList(nn.Embedding(50, 1) for _ in range(4))
            self.deep = nn.Sequential(nn.Linear(32 + 3, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))

        def forward(self, categories, numbers):
            vectors = torch.stack([t(categories[:, i]) for i, t in enumerate(self.tables)], 1)
            pairs = 0.5 * (vectors.sum(1).pow(2) - vectors.pow(2).sum(1)).sum(1, keepdim=True)
            first = sum(t(categories[:, i]) for i, t in enumerate(self.linear))
            deep = self.deep(torch.cat([vectors.flatten(1), torch.log1p(numbers.abs())], 1))
            return torch.sigmoid(pairs + first + deep)

    return randomise(Machine()), {
        "categories": torch.randint(0, 50, (3, 4)), "numbers": torch.randn(3, 3)}


@architecture("embedding-bag")
def embedding_bag():
    class Bag(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.EmbeddingBag(50, 8, mode="mean")
            self.head = nn.Linear(8, 3)

        def forward(self, tokens):
            return self.head(self.table(tokens))

    return randomise(Bag()), {"tokens": torch.randint(0, 50, (2, 6))}


@architecture("graph-convolution", exporters=("dynamo",))
def graph_convolution():
    class Graph(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(8, 16), nn.Linear(16, 4)

        def layer(self, x, edges, linear):
            messages = linear(x)[edges[0]]
            gathered = torch.zeros(x.shape[0], messages.shape[1]).index_add(0, edges[1], messages)
            degree = torch.zeros(x.shape[0]).index_add(0, edges[1], torch.ones(edges.shape[1]))
            return gathered / degree.clamp(min=1)[:, None]

        def forward(self, x, edges):
            return self.layer(F.relu(self.layer(x, edges, self.one)), edges, self.two)

    return randomise(Graph()), {"nodes": torch.randn(6, 8), "edges": torch.randint(0, 6, (2, 14))}


@architecture("graph-attention", torchscript_opset=18)
def graph_attention():
    class Graph(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.left, self.right = nn.Linear(8, 8), nn.Linear(8, 1), nn.Linear(8, 1)

        def forward(self, x, edges):
            y = self.linear(x)
            source, target = edges[0], edges[1]
            scores = F.leaky_relu(self.left(y)[source] + self.right(y)[target], 0.2)[:, 0]
            largest = torch.full((x.shape[0],), -1e9).scatter_reduce(0, target, scores, "amax")
            weights = torch.exp(scores - largest[target])
            total = torch.zeros(x.shape[0]).scatter_add(0, target, weights)
            weights = weights / (total[target] + 1e-9)
            index = target[:, None].expand(-1, 8)
            return torch.zeros_like(y).scatter_add(0, index, y[source] * weights[:, None])

    return randomise(Graph()), {"nodes": torch.randn(6, 8), "edges": torch.randint(0, 6, (2, 14))}


@architecture("mixture-of-experts")
def mixture_of_experts():
    class Mixture(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Linear(16, 4)
            self.up = nn.Parameter(torch.zeros(4, 32, 16))
            self.down = nn.Parameter(torch.zeros(4, 16, 32))

        def forward(self, x):
            values, indices = self.gate(x).softmax(-1).topk(2, -1)
            weights = torch.zeros(x.shape[0], 4).scatter(1, indices, values / values.sum(-1, keepdim=True))
            hidden = F.silu(torch.einsum("nd,ehd->neh", x, self.up))
            return torch.einsum("neh,edh,ne->nd", hidden, self.down, weights)

    return randomise(Mixture()), {"tokens": torch.randn(5, 16)}


@architecture("radiance-field", torchscript_opset=12)
def radiance_field():
    class Field(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(3 + 24, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4))
            self.register_buffer("bands", 2.0 ** torch.arange(4))

        def forward(self, points):
            angles = (points[..., None] * self.bands).flatten(-2)
            y = self.net(torch.cat([points, angles.sin(), angles.cos()], -1))
            alpha = 1 - torch.exp(-F.relu(y[..., 3]) * 0.1)
            clear = torch.exp(torch.cumsum(torch.log1p(1e-6 - alpha), 1) + alpha.log1p())
            return ((alpha * clear)[..., None] * y[..., :3].sigmoid()).sum(1)

    return randomise(Field()), {"points": torch.rand(4, 8, 3)}


@architecture("point-network")
def point_network():
    class Points(nn.Module):
        def __init__(self):
            super().__init__()
            self.local = nn.Sequential(nn.Conv1d(3, 16, 1), nn.BatchNorm1d(16), nn.ReLU())
            self.edge, self.head = nn.Conv2d(32, 16, 1), nn.Linear(16, 5)

        def forward(self, x):
            y = self.local(x).transpose(1, 2)
            distances = (y[:, :, None] - y[:, None]).pow(2).sum(-1)
            nearest = distances.topk(4, largest=False).indices
            neighbours = torch.gather(
                y[:, None].expand(-1, y.shape[1], -1, -1), 2, nearest[..., None].expand(-1, -1, -1, 16))
            centre = y[:, :, None].expand_as(neighbours)
            edges = torch.cat([neighbours - centre, centre], -1).permute(0, 3, 1, 2)
            return self.head(F.relu(self.edge(edges)).amax(-1).amax(-1))

    return randomise(Points()), {"cloud": torch.randn(1, 3, 24)}


@architecture("ranking")
def ranking():
    class Ranking(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Linear(16, 8), nn.Linear(16, 8)

        def forward(self, query, documents):
            q, d = F.normalize(self.left(query), dim=-1), F.normalize(self.right(documents), dim=-1)
            scores = torch.einsum("qd, nd -> qn", q, d)
            values, order = scores.sort(dim=-1, descending=True)
            top = torch.gather(scores, 1, order[:, :3])
            return scores, values, top, F.cosine_similarity(query[:, None], documents[None], dim=-1)

    return randomise(Ranking()), {"query": torch.randn(2, 16), "documents": torch.randn(7, 16)}


@architecture("quantised-convolution", exporters=("torchscript",), torchscript_opset=13)
def quantised_convolution():
    """Quantise and dequantise as training with quantisation leaves them: per channel for weights."""

    class Quantised(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, padding=1)
            self.head = nn.Linear(8, 4)

        def quantise(self, x, scale):
            return torch.fake_quantize_per_tensor_affine(x, scale, 0, -128, 127)

        def weights(self, weight):
            scale = weight.detach().flatten(1).abs().amax(1) / 127
            return torch.fake_quantize_per_channel_affine(
                weight, scale, torch.zeros(weight.shape[0], dtype=torch.int32), 0, -128, 127)

        def forward(self, x):
            x = self.quantise(x, 0.05)
            x = self.quantise(F.relu(F.conv2d(x, self.weights(self.conv.weight), self.conv.bias, 1, 1)), 0.03)
            x = self.quantise(x.mean((2, 3)), 0.02)
            return self.quantise(F.linear(x, self.weights(self.head.weight), self.head.bias), 0.05)

    return randomise(Quantised()), {"image": torch.randn(1, 3, 16, 16)}


@architecture("double-precision")
def double_precision():
    return randomise(nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3))).double(), {
        "x": torch.randn(4, 8, dtype=torch.float64)}


@architecture("half-precision")
def half_precision():
    module = randomise(nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 8), nn.LayerNorm(8), nn.GELU()))
    return module.half(), {"x": torch.randn(1, 3, 8, 8).half()}


@architecture("image-input")
def image_input():
    class Normalised(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, 2)
            self.register_buffer("mean", torch.tensor([123.7, 116.3, 103.5]).view(1, 3, 1, 1))

        def forward(self, x):
            x = (x.permute(0, 3, 1, 2).float() - self.mean) / 58.0
            x = F.interpolate(x, size=(17, 17), mode="bilinear", align_corners=True)
            return F.relu6(self.conv(x)).flatten(1).std(1)

    return randomise(Normalised()), {"image": torch.randint(0, 256, (2, 20, 24, 3), dtype=torch.uint8)}


@architecture("fourier-mixing", exporters=("dynamo",), dynamo_opset=18)
def fourier_mixing():
    class Fourier(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(16, 16)

        def forward(self, x):
            spectrum = torch.fft.rfft(x, dim=1)
            return self.linear(spectrum.real) + spectrum.imag

    return randomise(Fourier()), {"x": torch.randn(2, 8, 16)}


@architecture("spectrogram", dynamo_opset=18)
def spectrogram():
    class Spectrogram(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(17, 8, 3, padding=1)
            self.register_buffer("window", torch.hann_window(32))

        def forward(self, wave):
            spectrum = torch.stft(wave, 32, 16, window=self.window, return_complex=False, center=False)
            power = spectrum.pow(2).sum(-1)
            return self.conv(torch.log(power + 1e-3))

    return randomise(Spectrogram()), {"wave": torch.randn(1, 256)}


@architecture("folded-patches", torchscript_opset=18)
def folded_patches():
    class Patches(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(12, 12)

        def forward(self, x):
            columns = F.unfold(x, 2, stride=2).transpose(1, 2)
            return F.fold(self.linear(columns).transpose(1, 2), (8, 8), 2, stride=2)

    return randomise(Patches()), {"image": torch.randn(1, 3, 8, 8)}


@architecture("tensor-surgery")
def tensor_surgery():
    """Indexing, masks and assignments as scripts around networks have them."""

    class Surgery(nn.Module):
        def forward(self, x, index):
            y = torch.roll(x, (1, -2), (0, 1)).flip(1)
            y[:, 1:3] = x[:, 2:4] * 2
            y = torch.where(y > 0, y, y.abs().sqrt())
            z = torch.gather(y, 1, index) + y[index[:, 0]].tril().triu(-1)[:, :3]
            w = torch.nan_to_num(torch.log(x)).clamp(-3, 3)
            return y, z, torch.cumsum(w, 1), x.amin(0), torch.meshgrid(x[0], x[1], indexing="ij")[0]

    return Surgery(), {"x": torch.randn(4, 6), "index": torch.randint(0, 4, (4, 3))}


@architecture("statistics")
def statistics():
    class Statistics(nn.Module):
        def forward(self, x):
            variance, mean = torch.var_mean(x, dim=-1, keepdim=True)
            z = (x - mean) / torch.sqrt(variance + 1e-5)
            return (z, x.std(1), x.norm(dim=1), x.norm(p=1, dim=1), torch.logsumexp(x, 1), x.prod(1),
                    torch.round(x * 3), torch.fmod(x, 0.7), torch.remainder(x, 0.7), torch.atan2(x, z),
                    torch.floor_divide(x, 0.3), torch.erf(x), torch.sign(x))

    return Statistics(), {"x": torch.randn(3, 8)}


@architecture("masked-statistics", exporters=("torchscript",))
def masked_statistics():
    """Sums and means of what a mask selects, as losses and metrics beside a network have them."""

    class Masked(nn.Module):
        def forward(self, x):
            return x[x > 0].sum(), x.masked_select(x < 0).mean(), (x > 0).nonzero().float().mean(0)

    return Masked(), {"x": torch.randn(3, 5)}


# The other exporter's file takes the Shape of what NonZero has chosen, as a value.
@architecture("routed-experts", exporters=("dynamo",))
def routed_experts():
    """Each expert has the rows that chose it, and adds its results to these."""

    class Routed(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Linear(8, 4)
            self.experts = nn.ModuleList(
                nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8)) for _ in range(4))

        def forward(self, x):
            weights, chosen = self.gate(x).softmax(-1).topk(2, -1)
            result, masks = torch.zeros_like(x), F.one_hot(chosen, 4).permute(2, 1, 0)
            for mask, expert in zip(masks, self.experts):
                rank, row = torch.where(mask > 0)
                result = result.index_add(0, row, expert(x[row]) * weights[row, rank, None])
            return result

    return randomise(Routed()), {"x": torch.randn(6, 8)}
