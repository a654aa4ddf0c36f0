"""Sound as images: how strong each frequency is at each time."""

from typing import Literal

from specc.graph import TensorSpec, Weight
from specc.registry.entry import Facts, Mismatch, Params, example, layer, param
from specc.registry.layers.checks import SEQUENCE, known, require_floats, require_rank
from specc.registry.layers.window import slide

Window = Literal["hann", "hamming", "blackman", "bartlett"]


class MelSpectrogram(Params):
    """The strength of mel-scaled frequencies over time.

    Input shape: (batch, length), the waveform
    Output shape: (batch, num_mel_bins, length // sequence_stride + 1)
    """

    fft_length: int = param("Values that a Fourier transform takes, even.", default=2048, minimum=2)
    sequence_stride: int = param("Step from one window to the next.", default=512, minimum=1)
    sequence_length: int | None = param("Width of the window, at most `fft_length`; none takes that.", default=None, minimum=1)
    window: Literal["hann", "hamming"] = param("Shape of the window.", default="hann")
    sampling_rate: int = param("Values per second, in Hz.", default=16000, minimum=1)
    num_mel_bins: int = param("Number of frequencies.", default=128, minimum=1)
    min_freq: float = param("Lowest frequency, in Hz.", default=20.0, minimum=0)
    max_freq: float | None = param("Highest frequency, in Hz; none takes half the sampling rate.", default=None, above=0)
    power_to_db: bool = param("Whether the strength is given in decibels.", default=True)
    top_db: float = param("Values more than that many decibels below the highest are raised.", default=80.0, minimum=0)
    mag_exp: float = param("Exponent of the magnitude: 1 for the magnitude, 2 for the power.", default=2.0, above=0)
    min_power: float = param("Smaller strengths are raised to this before the logarithm.", default=1e-10, above=0)
    ref_power: float = param("The strength that is 0 decibels.", default=1.0)


class STFTSpectrogram(Params):
    """The short-time Fourier transform, as a convolution whose kernels are learned further.

    Input shape: (batch, length, channels)
    Output shape: (batch, frames, channels * frequencies), or (batch, frames, frequencies, channels) with `expand_dims`;
        frequencies are fft_length // 2 + 1, twice as many for `mode: stft`
    """

    mode: Literal["log", "magnitude", "psd", "real", "imag", "angle", "stft"] = param(
        "What is given of the transform: `psd` is the density of the power, `stft` the real and the imaginary part.", default="log"
    )
    frame_length: int = param("Width of the window.", default=256, minimum=2)
    frame_step: int | None = param(
        "Step from one window to the next, at most `frame_length`; none takes half of it.", default=None, minimum=1
    )
    fft_length: int | None = param("Values that a Fourier transform takes; none takes the next power of two.", default=None, minimum=1)
    window: Window | None = param("Shape of the window; none for a rectangle.", default="hann")
    periodic: bool = param("Whether the window is periodic in place of symmetric.", default=False)
    scaling: Literal["density", "spectrum"] | None = param("What the power is divided by.", default="density")
    padding: Literal["valid", "same"] = param("`same` lets the window stand over the ends.", default="valid")
    expand_dims: bool = param("Whether frequencies get an axis of their own.", default=False)


@layer(
    "mel_spectrogram",
    keras="keras.layers.MelSpectrogram",
    examples=[
        example((4000,)),
        example((4000,), fft_length=256, sequence_stride=100, sequence_length=200, num_mel_bins=40, power_to_db=False),
        example((None,), fft_length=8, sequence_stride=2, num_mel_bins=4, window="hamming"),
    ],
)
def mel_spectrogram(p: MelSpectrogram, inputs: TensorSpec) -> Facts:
    require_rank("mel_spectrogram", inputs, 2, "batch, length")
    require_floats("mel_spectrogram", inputs)
    if p.fft_length % 2:
        raise Mismatch("E0305", f"`fft_length: {p.fft_length}` of `mel_spectrogram` is not even", argument="fft_length")
    if p.sequence_length is not None and p.sequence_length > p.fft_length:
        raise Mismatch(
            "E0305",
            f"`sequence_length: {p.sequence_length}` of `mel_spectrogram` is larger than `fft_length`, {p.fft_length}",
            argument="sequence_length",
        )
    return Facts(TensorSpec((inputs.shape[0], p.num_mel_bins, _frames(inputs.shape[1], p.fft_length, p.sequence_stride))))


@layer(
    "stft_spectrogram",
    keras="keras.layers.STFTSpectrogram",
    examples=[
        example((1000, 1)),
        example((1000, 2), mode="stft", frame_step=100, fft_length=512, padding="same"),
        example((600, 2), mode="angle", expand_dims=True, window="hamming", periodic=True, scaling=None),
        example((None, 1), mode="real", frame_length=4),
        example((600, 1), mode="imag", window=None, scaling="spectrum"),
    ],
)
def stft_spectrogram(p: STFTSpectrogram, inputs: TensorSpec) -> Facts:
    require_rank("stft_spectrogram", inputs, 3, SEQUENCE)
    require_floats("stft_spectrogram", inputs)
    channels = known("stft_spectrogram", inputs, -1, "channels")
    fft_length = 1 << (p.frame_length - 1).bit_length() if p.fft_length is None else p.fft_length
    for name, small, large in (("frame_step", p.frame_step or 1, p.frame_length), ("fft_length", p.frame_length, fft_length)):
        if small > large:
            raise Mismatch(
                "E0305",
                f"`{name}` of `stft_spectrogram` does not fit `frame_length: {p.frame_length}`",
                help="`frame_step` is at most `frame_length`, `fft_length` at least",
                argument=name,
            )
    frequencies = fft_length // 2 + 1
    kernel = (p.frame_length, 1, frequencies)
    weights = [Weight(f"{part}_kernel", kernel) for part, without in (("real", "imag"), ("imag", "real")) if p.mode != without]
    frames = slide("stft_spectrogram", inputs.shape[1], p.frame_length, p.frame_step or p.frame_length // 2, p.padding)
    if p.mode == "stft":
        frequencies *= 2
    macs = None if frames is None else frames * channels * len(weights) * p.frame_length * (fft_length // 2 + 1)
    rest = (frequencies, channels) if p.expand_dims else (channels * frequencies,)
    return Facts(TensorSpec((inputs.shape[0], frames, *rest)), weights, macs)


def _frames(length: int | None, fft_length: int, stride: int) -> int | None:
    """Windows over a waveform that is mirrored at both ends by half of the Fourier transform's length."""
    if length is None:
        return None
    if length <= fft_length // 2:
        raise Mismatch(
            "E0302",
            f"`mel_spectrogram` mirrors {fft_length // 2} values at each end, but its input has only {length}",
            help="use a smaller `fft_length`, or a longer waveform",
            argument="fft_length",
        )
    if (length + 1) % stride == 0:
        raise Mismatch(
            "E0305",
            f"Keras promises a frame too many of `mel_spectrogram` where the length plus 1 is a multiple of the step: {length}, {stride}",
            help="pad the waveform by one value, with `pad`",
            argument="sequence_stride",
        )
    return length // stride + 1
