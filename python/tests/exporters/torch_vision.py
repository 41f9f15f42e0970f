"""Convolutional networks written in plain torch."""

import torch
from torch import nn
from torch.nn import functional as F

from .registry import architecture, randomise


def image(channels=3, size=32, batch=1):
    return {"image": torch.randn(batch, channels, size, size)}


def conv_bn(inputs, outputs, kernel=3, stride=1, groups=1, activation=nn.ReLU):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs), activation())


class Bottleneck(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            conv_bn(inputs, 16, 1), conv_bn(16, 16, 3, stride),
            nn.Conv2d(16, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.body(x) + self.skip(x))


@architecture("resnet", torchscript_opset=11)
def resnet():
    return randomise(nn.Sequential(
        conv_bn(3, 16, 7, 2), nn.MaxPool2d(3, 2, 1), Bottleneck(16, 32, 1), Bottleneck(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))), image()


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // 4, 1)
        self.expand = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x):
        scale = self.expand(F.relu(self.reduce(F.adaptive_avg_pool2d(x, 1))))
        return x * F.hardsigmoid(scale)


@architecture("mobilenet-v3", torchscript_opset=14)
def mobilenet_v3():
    class Block(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.body = nn.Sequential(
                conv_bn(channels, 48, 1, activation=nn.Hardswish),
                conv_bn(48, 48, 5, groups=48, activation=nn.Hardswish), SqueezeExcite(48),
                nn.Conv2d(48, channels, 1))

        def forward(self, x):
            return x + self.body(x)

    return randomise(nn.Sequential(
        conv_bn(3, 16, 3, 2, activation=nn.Hardswish), Block(16), Block(16), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(16, 32), nn.Hardswish(), nn.Dropout(), nn.Linear(32, 10))), image()


@architecture("shufflenet", dynamo_opset=20)
def shufflenet():
    class Shuffle(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(
                conv_bn(16, 16, 1), nn.Conv2d(16, 16, 3, padding=1, groups=16), conv_bn(16, 16, 1))

        def forward(self, x):
            left, right = x.chunk(2, dim=1)
            x = torch.cat((left, self.body(right)), dim=1)
            batch, channels, height, width = x.shape
            return x.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(x.shape)

    return randomise(nn.Sequential(
        conv_bn(3, 32, 3, 2), Shuffle(), Shuffle(), nn.Conv2d(32, 8, 1))), image()


@architecture("densenet")
def densenet():
    class Dense(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(
                nn.Sequential(nn.BatchNorm2d(8 + 4 * i), nn.ReLU(), nn.Conv2d(8 + 4 * i, 4, 3, padding=1))
                for i in range(4))

        def forward(self, x):
            for layer in self.layers:
                x = torch.cat([x, layer(x)], 1)
            return x

    return randomise(nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), Dense(), nn.BatchNorm2d(24), nn.ReLU(), nn.AvgPool2d(2, 2),
        nn.Conv2d(24, 8, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))), image()


@architecture("inception", torchscript_opset=12)
def inception():
    class Inception(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = conv_bn(16, 8, 1)
            self.row = nn.Sequential(nn.Conv2d(16, 8, (1, 7), padding=(0, 3)), nn.Conv2d(8, 8, (7, 1), padding=(3, 0)))
            self.pool = conv_bn(16, 8, 1)

        def forward(self, x):
            pooled = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
            return torch.cat([self.one(x), self.row(x), self.pool(pooled)], 1)

    return randomise(nn.Sequential(
        conv_bn(3, 16, 3, 2), Inception(), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Flatten(),
        nn.Linear(24 * 8 * 8, 10), nn.LogSoftmax(1))), image()


@architecture("unet", torchscript_opset=13, dynamo_opset=21)
def unet():
    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down1, self.down2 = conv_bn(3, 8), conv_bn(8, 16)
            self.middle = nn.Conv2d(16, 32, 3, padding=2, dilation=2)
            self.up2, self.up1 = nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 3, 2, 1, 1)
            self.out2, self.out1 = conv_bn(32, 16), nn.Conv2d(16, 2, 1)

        def forward(self, x):
            a = self.down1(x)
            b = self.down2(F.max_pool2d(a, 2))
            c = F.leaky_relu(self.middle(F.max_pool2d(b, 2)))
            b = self.out2(torch.cat([b, self.up2(c)], 1))
            return self.out1(torch.cat([a, self.up1(b)], 1))

    return randomise(UNet()), image()


@architecture("super-resolution", torchscript_opset=16)
def super_resolution():
    return randomise(nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.Tanh(), nn.Conv2d(16, 9, 3, padding=1), nn.PixelShuffle(3))), image(1, 16)


@architecture("deeplab", dynamo_opset=19)
def deeplab():
    class DeepLab(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(conv_bn(3, 16, 3, 2), conv_bn(16, 16, 3, 2))
            self.branches = nn.ModuleList(
                nn.Conv2d(16, 8, 3, padding=rate, dilation=rate) for rate in (1, 2, 3))
            self.pooled = nn.Conv2d(16, 8, 1)
            self.head = nn.Conv2d(32, 5, 1)

        def forward(self, x):
            size = x.shape[-2:]
            x = self.stem(x)
            pooled = F.interpolate(self.pooled(F.adaptive_avg_pool2d(x, 1)), x.shape[-2:], mode="bilinear")
            x = self.head(torch.cat([branch(x) for branch in self.branches] + [pooled], 1))
            return F.interpolate(x, size, mode="bilinear", align_corners=False)

    return randomise(DeepLab()), image()


@architecture("feature-pyramid", torchscript_opset=18)
def feature_pyramid():
    class Pyramid(nn.Module):
        def __init__(self):
            super().__init__()
            self.stages = nn.ModuleList([conv_bn(3, 8, 3, 2), conv_bn(8, 16, 3, 2), conv_bn(16, 32, 3, 2)])
            self.lateral = nn.ModuleList(nn.Conv2d(c, 8, 1) for c in (8, 16, 32))
            self.smooth = nn.Conv2d(8, 8, 3, padding=1)

        def forward(self, x):
            features = []
            for stage in self.stages:
                x = stage(x)
                features.append(x)
            top = self.lateral[2](features[2])
            outputs = [top]
            for level in (1, 0):
                top = F.interpolate(top, scale_factor=2.0, mode="nearest") + self.lateral[level](features[level])
                outputs.append(self.smooth(top))
            return tuple(outputs)

    return randomise(Pyramid()), image(size=48)


@architecture("single-shot-detector", torchscript_opset=17, dynamo_opset=18)
def single_shot_detector():
    class Detector(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(conv_bn(3, 16, 3, 2), conv_bn(16, 16, 3, 2))
            self.boxes, self.scores = nn.Conv2d(16, 12, 3, padding=1), nn.Conv2d(16, 9, 3, padding=1)
            rows, columns = torch.meshgrid(torch.arange(8.), torch.arange(8.), indexing="ij")
            anchors = torch.stack([columns, rows], -1).reshape(-1, 1, 2).repeat(1, 3, 1)
            self.register_buffer("anchors", anchors.reshape(1, -1, 2) / 8)

        def forward(self, x):
            x = self.stem(x)
            boxes = self.boxes(x).permute(0, 2, 3, 1).reshape(x.shape[0], -1, 4)
            scores = self.scores(x).permute(0, 2, 3, 1).reshape(x.shape[0], -1, 3).softmax(-1)
            centres = boxes[..., :2] * 0.1 + self.anchors
            sizes = torch.exp(boxes[..., 2:].clamp(max=4.0)) * 0.2
            corners = torch.cat([centres - sizes / 2, centres + sizes / 2], -1).clamp(0, 1)
            best, _ = scores[..., 1:].max(-1)
            values, indices = best.topk(10, dim=1)
            return corners, scores, values

    return randomise(Detector()), image()


@architecture("yolo")
def yolo():
    class Yolo(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(conv_bn(3, 16, 3, 2, activation=nn.SiLU), conv_bn(16, 16, 3, 2, activation=nn.SiLU))
            self.cv1, self.cv2 = conv_bn(8, 8, activation=nn.SiLU), conv_bn(16 + 8, 16, 1, activation=nn.SiLU)
            self.head = nn.Conv2d(64, 4 * 16 + 5, 1)
            self.register_buffer("bins", torch.arange(16.).view(1, 16, 1, 1))

        def forward(self, x):
            x = self.stem(x)
            left, right = x.split((8, 8), 1)
            x = self.cv2(torch.cat([left, right, self.cv1(right)], 1))
            p1 = F.max_pool2d(x, 5, 1, 2)
            p2 = F.max_pool2d(p1, 5, 1, 2)
            x = torch.cat([x, p1, p2, F.max_pool2d(p2, 5, 1, 2)], 1)
            x = self.head(x).flatten(2)
            boxes, classes = x.split((64, 5), 1)
            boxes = (boxes.view(1, 4, 16, -1).transpose(1, 2).softmax(1) * self.bins).sum(1)
            return torch.cat([boxes, classes.sigmoid()], 1)

    return randomise(Yolo()), image()


@architecture("spatial-transformer", torchscript_opset=20, dynamo_opset=20)
def spatial_transformer():
    class Spatial(nn.Module):
        def __init__(self):
            super().__init__()
            self.locate = nn.Sequential(
                nn.Conv2d(1, 8, 7), nn.MaxPool2d(2, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(),
                nn.Linear(128, 6))
            self.classify = nn.Conv2d(1, 4, 3)

        def forward(self, x):
            theta = self.locate(x).view(-1, 2, 3) * 0.3 + torch.eye(2, 3)
            grid = F.affine_grid(theta, x.shape, align_corners=False)
            return self.classify(F.grid_sample(x, grid, align_corners=False))

    return randomise(Spatial()), image(1, 22)


@architecture("flow-warp", torchscript_opset=16, dynamo_opset=20)
def flow_warp():
    """A frame moved along the flow that is computed of two."""

    class Warp(nn.Module):
        def __init__(self):
            super().__init__()
            self.flow = nn.Conv2d(6, 2, 3, padding=1)
            places = torch.meshgrid(torch.linspace(-1, 1, 12), torch.linspace(-1, 1, 16), indexing="ij")
            self.register_buffer("places", torch.stack(places[::-1], -1)[None])

        def forward(self, first, second):
            flow = self.flow(torch.cat([first, second], 1)).permute(0, 2, 3, 1)
            grid = self.places + 0.2 * flow
            return F.grid_sample(second, grid, padding_mode="border", align_corners=True)

    frames = {name: torch.randn(1, 3, 12, 16) for name in ("first", "second")}
    return randomise(Warp()), frames


@architecture("generator", torchscript_opset=15)
def generator():
    return randomise(nn.Sequential(
        nn.Unflatten(1, (16, 1, 1)), nn.ConvTranspose2d(16, 16, 4, 1, 0), nn.InstanceNorm2d(16, affine=True), nn.PReLU(16),
        nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ELU(), nn.ReflectionPad2d(1),
        nn.Conv2d(8, 3, 3), nn.Upsample(scale_factor=2, mode="bicubic"), nn.Tanh())), {"latent": torch.randn(2, 16)}


@architecture("video-3d")
def video_3d():
    return randomise(nn.Sequential(
        nn.Conv3d(3, 8, 3, padding=1), nn.BatchNorm3d(8), nn.ReLU(), nn.MaxPool3d((1, 2, 2)), nn.Conv3d(8, 16, 3, 2, 1),
        nn.SELU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(16, 5))), {"clip": torch.randn(1, 3, 4, 16, 16)}


@architecture("mlp-mixer", dynamo_opset=22)
def mlp_mixer():
    class Mixer(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches = nn.Conv2d(3, 16, 8, 8)
            self.norm1, self.norm2 = nn.LayerNorm(16), nn.LayerNorm(16)
            self.tokens = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
            self.channels = nn.Sequential(nn.Linear(16, 32), nn.GELU("tanh"), nn.Linear(32, 16))
            self.head = nn.Linear(16, 10)

        def forward(self, x):
            x = self.patches(x).flatten(2).transpose(1, 2)
            x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
            x = x + self.channels(self.norm2(x))
            return self.head(x.mean(1))

    return randomise(Mixer()), image()


@architecture("weight-standardised")
def weight_standardised():
    class Standardised(nn.Conv2d):
        def forward(self, x):
            mean = self.weight.mean(dim=(1, 2, 3), keepdim=True)
            deviation = self.weight.std(dim=(1, 2, 3), keepdim=True)
            return F.conv2d(x, (self.weight - mean) / (deviation + 1e-5), self.bias, 1, 1)

    return randomise(nn.Sequential(
        Standardised(3, 8, 3), nn.GroupNorm(4, 8), nn.Mish(), nn.utils.parametrizations.weight_norm(nn.Conv2d(8, 8, 3)),
        nn.LocalResponseNorm(3), nn.Softplus(), nn.LPPool2d(2, 2))), image()


@architecture("diffusion-unet", dynamo_opset=23)
def diffusion_unet():
    class Block(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.norm1, self.norm2 = nn.GroupNorm(4, inputs), nn.GroupNorm(4, outputs)
            self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, 1, 1), nn.Conv2d(outputs, outputs, 3, 1, 1)
            self.time, self.skip = nn.Linear(32, outputs), nn.Conv2d(inputs, outputs, 1)

        def forward(self, x, time):
            y = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(time))[:, :, None, None]
            return self.skip(x) + self.conv2(F.silu(self.norm2(y)))

    class Attention(nn.Module):
        def __init__(self, channels, context):
            super().__init__()
            self.norm = nn.GroupNorm(4, channels)
            self.q, self.k = nn.Linear(channels, channels), nn.Linear(context, channels)
            self.v, self.out = nn.Linear(context, channels), nn.Linear(channels, channels)

        def forward(self, x, context):
            batch, channels, height, width = x.shape
            q = self.q(self.norm(x).flatten(2).transpose(1, 2))
            k, v = self.k(context), self.v(context)
            q, k, v = (t.view(batch, -1, 2, channels // 2).transpose(1, 2) for t in (q, k, v))
            y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, -1, channels)
            return x + self.out(y).transpose(1, 2).reshape(x.shape)

    class Diffusion(nn.Module):
        def __init__(self):
            super().__init__()
            self.time = nn.Sequential(nn.Linear(16, 32), nn.SiLU(), nn.Linear(32, 32))
            self.stem, self.down = nn.Conv2d(4, 16, 3, 1, 1), nn.Conv2d(16, 16, 3, 2, 1)
            self.first, self.middle, self.last = Block(16, 16), Block(16, 16), Block(32, 16)
            self.attention = Attention(16, 24)
            self.out = nn.Conv2d(16, 4, 3, 1, 1)
            self.register_buffer("frequencies", torch.exp(-torch.arange(8.) * 1.1))

        def forward(self, latent, step, context):
            angles = step[:, None].float() * self.frequencies[None]
            time = self.time(torch.cat([angles.cos(), angles.sin()], -1))
            a = self.first(self.stem(latent), time)
            b = self.attention(self.middle(self.down(a), time), context)
            b = F.interpolate(b, scale_factor=2.0, mode="nearest")
            return self.out(F.silu(self.last(torch.cat([a, b], 1), time)))

    return randomise(Diffusion()), {
        "latent": torch.randn(1, 4, 16, 16), "step": torch.tensor([17]), "context": torch.randn(1, 7, 24)}


@architecture("autoencoder")
def autoencoder():
    class Autoencoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Sequential(conv_bn(1, 8, 3, 2), conv_bn(8, 16, 3, 2), nn.Flatten())
            self.mean, self.log_variance = nn.Linear(784, 8), nn.Linear(784, 8)
            self.decoder = nn.Sequential(
                nn.Linear(8, 784), nn.Unflatten(1, (16, 7, 7)), nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(),
                nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Sigmoid())

        def forward(self, x, noise):
            x = self.encoder(x)
            mean, log_variance = self.mean(x), self.log_variance(x)
            return self.decoder(mean + noise * torch.exp(0.5 * log_variance)), mean, log_variance

    return randomise(Autoencoder()), {"image": torch.randn(2, 1, 28, 28), "noise": torch.randn(2, 8)}
