"""What a tutor says about generated images, for mistakes that several methods share."""

LOGITS = "You return logits: they run from minus to plus infinity. The probability that a pixel is 1 is their sigmoid."
PROBABILITIES = (
    "You return probabilities, shades of grey. A sample is black or white: toss a coin with that probability for each "
    "pixel, as torch.bernoulli does."
)
ROUNDED = "You round the probabilities, so that 0.6 becomes 1. Asked are the probabilities themselves, as the sigmoid gives them."
SEED = "A seed inside makes every call give the same images. Leave the seed to whoever calls you."
NEW_Z = "You draw a new z inside. The method is given a z: decode that one."
SAMPLES = "You return samples, black or white. Asked are the probabilities behind them: leave out the coin toss."
TWICE = (
    "The sigmoid is applied twice, so every probability lies between 0.5 and 0.73: a grey fog. self.dec gives logits; "
    "take one sigmoid."
)
THRESHOLD = "You round instead of tossing: a pixel with probability 0.6 is then always 1. In a sample it is 1 in six draws of ten."
ONE_Z = "All your images come from one z, so they show the same digit. Draw a z for each image."
MEAN_Z = "You decode the prior's mean, so that every image is the same. Draw z from the prior: self.sample_z(batch)."
UNIFORM = "Your z are uniform between 0 and 1, one corner of the latent space. Draw them from the prior: self.sample_z."
