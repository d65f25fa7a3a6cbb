"""pythae's VAE and its trainer with the course's network in them, where pythae is installed (`pip install -e '.[bench]'`)."""

import importlib.util
import tempfile
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vae_course.teach.reference import VAE

INSTALLED = importlib.util.find_spec("pythae") is not None


def from_course(model: VAE) -> Any:
    """pythae's VAE around the model's own encoder and decoder: training one trains the other."""
    from pythae.models import VAE as PythaeVAE
    from pythae.models import VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = model.enc

        def forward(self, x: Tensor) -> Any:
            m, v = self.net(x.flatten(1))
            return ModelOutput(embedding=m, log_covariance=v.log())

    class Decoder(BaseDecoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = model.dec

        def forward(self, z: Tensor) -> Any:
            return ModelOutput(reconstruction=torch.sigmoid(self.net(z)))

    config = VAEConfig(input_dim=(784,), latent_dim=model.z_dim, reconstruction_loss="bce")
    return PythaeVAE(config, encoder=Encoder(), decoder=Decoder())


def train(model: VAE, images: Tensor, epochs: int, after_epoch: Callable[[], None]) -> None:
    """pythae's own trainer: batches of 64, Adam at 1e-3, on images (n, 784) that are black and white already."""
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    class AfterEpoch(TrainingCallback):  # type: ignore[misc]
        def on_epoch_end(self, training_config: Any, **kwargs: Any) -> None:
            after_epoch()

    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(
            output_dir=folder, num_epochs=epochs, learning_rate=1e-3, no_cuda=True, keep_best_on_train=True
        )
        data = BaseDataset(images, torch.zeros(len(images)))
        trainer = BaseTrainer(from_course(model), train_dataset=data, training_config=config, callbacks=[AfterEpoch()])
        trainer.train()
