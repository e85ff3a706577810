"""Estimates of the noise rate, each with the argument it rests on."""

from cl_core.noise.estimate import METHODS, estimate_noise_rate
from cl_core.noise.quality import ModelQuality, model_quality
from cl_core.noise.record import NoiseEstimate

__all__ = ["METHODS", "ModelQuality", "NoiseEstimate", "estimate_noise_rate", "model_quality"]
