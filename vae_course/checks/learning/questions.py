"""What the lessons ask to be predicted: here, so that no page gives an answer away before it is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question before a figure or a number.

    Args:
        asks: one sentence.
        why: what is said with the answer, and stands nowhere else on the page.
        choices: what may be answered; or
        between: the ends of a slider, with the `unit` of its numbers.
        truth: the right one of the choices. A number comes from the lesson's own cells.
        near: how far from the number a prediction may lie and be right.
    """

    asks: str
    why: str
    choices: tuple[str, ...] = ()
    truth: str = ""
    between: tuple[float, float] | None = None
    unit: str = ""
    near: float = 0.0

    def __post_init__(self) -> None:
        if bool(self.choices) == (self.between is not None) or self.choices and self.truth not in self.choices:
            raise ValueError(
                f"{self.asks!r} needs either choices, of which one is the truth, or `between=(low, high)`."
            )


QUESTIONS = {
    "00.who-draws": Question(
        asks="Both copy images well. Which one draws new digits?",
        choices=("the autoencoder", "the VAE", "both alike", "neither"),
        truth="the VAE",
        why="The autoencoder copies at least as well, and draws scraps. Nobody told it where its z should lie, so the places "
        "that you draw from mean nothing to its decoder. The VAE draws digits; after so short a training about half of them can be read.",
    ),
    "00.sure": Question(
        asks="Is the ELBO of the sure guess, a = 1, higher than that of a = ½?",
        choices=("higher", "lower", "the same"),
        truth="higher",
        why="Move the slider: −0.80 at 1, −0.86 at ½. The posterior lies nearer to 1 than to ½, as the KL counts.",
    ),
    "00.dice": Question(
        asks="With 10,000 draws in 10 dimensions: by how many nats will log p(x) be wrong?",
        between=(0, 100),
        unit="nats",
        near=20,
        why="In 2 dimensions they are right to a tenth of a nat. In 10 hardly any draw explains x, and in 20 they miss by 284 nats.",
    ),
    "01.normal-slope": Question(
        asks="What will m.grad be?",
        choices=("3", "a random number around 3", "0", "an error"),
        truth="0",
        why="No error, no warning, and no learning. The number that torch.normal returned does not say how it came from m and v: as "
        "far as PyTorch can see, wiggling them changes nothing. (After Normal(m, v.sqrt()).sample(), backward() fails: the "
        "friendlier case.)",
    ),
    "01.scatter": Question(
        asks="From D = 1 to D = 100: what does the variance of the score function's estimate do?",
        choices=("it stays", "about ten times", "about a hundred times", "about a thousand times"),
        truth="about a thousand times",
        why="The score function multiplies the whole sum f by the score, so the noise of all dimensions enters the slope of one. "
        "Pathwise, 2 z₁ does not know the other dimensions: its variance stays at 4.",
    ),
    "02.best-v": Question(
        asks="m = 0 and x = 2: which variance v gives x the highest log density?",
        choices=("½", "2", "4", "9"),
        truth="4",
        why="The best compromise is v = 4 = (x − m)².",
    ),
    "03.knower": Question(
        asks="Somebody knows each test image perfectly, and sets every p to its grey value. How many nats does the dynamic habit cost?",
        between=(0, 150),
        unit="nats",
        near=20,
        why="Nobody can foresee the draw: a pixel of grey value ½ costs even those who know everything log 2 nats. So part of every "
        "number for drawn images, drawn once or at each use, is the price of the grey edges. (Rounded pixels would cost the "
        "all-knowing nothing.)",
    ),
    "03.float32": Question(
        asks="Take exp, mean and log, one after the other. What does float32 say?",
        choices=("about −1000", "0", "−inf", "nan"),
        truth="−inf",
        why="exp(−1000) is 0 in float32, and its logarithm −∞: all is lost in the first step. With +1000 it would be +∞.",
    ),
    "04.grad-twice": Question(
        asks="What does w.grad say after the second call?",
        choices=("3", "6", "9", "an error"),
        truth="6",
        why="backward() adds to what is in .grad. That is useful when a loss comes in pieces; in training the old slope has to be set "
        "to zero first, or every step repeats all the ones before.",
    ),
    "04b.plane": Question(
        asks="With two latent dimensions instead of twenty, what does an image cost?",
        choices=("about 1 nat more", "about 10 nats more", "about 50 nats more"),
        truth="about 50 nats more",
        why="kl says why. In the plane each extra nat squeezes the ellipse of q to a smaller part, where every image needs a place of "
        "its own and the decoder has to change quickly from place to place; after about 6 nats it no longer pays. In twenty "
        "dimensions there is room for about 25, and those 19 more win back several times as much in rec.",
    ),
    "04b.smallest-kl": Question(
        asks="Which of the three has the smallest KL?",
        choices=("the plain one", "the deeper one", "the autoregressive one"),
        truth="the autoregressive one",
        why="And its NELBO is by far the best: what the pixels before tell, z need not carry. So a small KL is no sign of a bad "
        "model. For a decoder that could paint the data alone (this one cannot), a KL of 0 would be an optimum.",
    ),
    "05.gap-16": Question(
        asks="What share of the gap between log 4 and log 5 is left at k = 16?",
        choices=("a half", "a tenth", "a twentieth"),
        truth="a twentieth",
        why="A half at k = 2, a bit less than a quarter at 4, a twentieth at 16: each doubling takes off a half or a little more.",
    ),
    "05.repeat": Question(
        asks="Three images, named 1, 2, 3, are copied twice by repeat and read as (3 images, 2 draws). What is the first row?",
        choices=("[1, 1]", "[1, 2]", "[1, 3]"),
        truth="[1, 2]",
        why="repeat stacks whole copies, 1 2 3 1 2 3. Read as (batch, iw), its rows mix images: an average along a row lets image 1 "
        "borrow weights of image 2. No error appears, the numbers look plausible, and they mean nothing.",
    ),
    "05b.blind": Question(
        asks="q sits on one of two islands. How many of its 1,000 draws will the effective sample size count?",
        between=(0, 1_000),
        unit="draws",
        near=100,
        why="The share is perfect and the result wrong by ln 2, half of p(x): all draws come from one island, their weights agree, "
        "and none has heard of the other.",
    ),
    "06.perfect": Question(
        asks="A perfect model with 20 latents has no holes. Of 100 draws from its prior, how many will 8,000 images say are in one?",
        between=(0, 100),
        unit="in 100",
        near=10,
        why="8,000 images are small islands, too few to cover 20 dimensions, whatever the model. And as the first term cannot pass "
        "log n = 9.0, the second had to be the rest, 16 nats: it measures n.",
    ),
    "06.judge": Question(
        asks="Of 100 draws from the prior, how many will the judge of the 20 latents know?",
        between=(0, 100),
        unit="in 100",
        near=10,
        why="The perfect model passes: there the judge might as well toss a coin. With 2 latents it does little better; with 20 it "
        "knows most draws. So the mismatch is real, and larger with 20 latents.",
    ),
    "06.cool": Question(
        asks="At T = 0.5 fewer drawings are scraps. And the bound?",
        choices=("better", "the same", "worse"),
        truth="worse",
        why="Cool samples are alike, far below real digits in variety, and greyer. And a model that really drew its z from the cool "
        "prior finds real digits less likely.",
    ),
    "07.gap": Question(
        asks="Does the gap between an image's two bounds differ as much from image to image?",
        choices=("much less", "about as much", "more"),
        truth="much less",
        why="The gap varies by a nat or two (one standard deviation), the bound by about thirty. So 50 images pin the gap down, and "
        "the bound would need thousands.",
    ),
    "07.one-draw": Question(
        asks="Which of the two looks better when evaluated with k = 1?",
        choices=("the one trained by the ELBO", "the one trained with k = 10"),
        truth="the one trained by the ELBO",
        why="By 1.3 nats. With 10 draws or more the other one looks better, in the end by 2.5: the lines cross.",
    ),
    "08.double": Question(
        asks="With β = 1 the rate is 21.6 nats. And with β = 2?",
        between=(0, 30),
        unit="nats",
        near=3,
        why="About a third is given up: what wins less than two nats for each nat is not bought any more. The distortion grows by nearly "
        "twice as many.",
    ),
    "08.floor": Question(
        asks="A floor of 2 nats under each of 20 latents: the NELBO on test images is ...",
        choices=("better than the plain model's", "the same", "worse than the plain model's"),
        truth="worse than the plain model's",
        why="By four nats. With the floor 40 nats are free, and 39.5 are used where 22 would pay; that wins 14 nats of distortion, and costs 18 of rate.",
    ),
    "08.certify": Question(
        asks="The model's rate is about 25 nats. How many can a lower bound from 1,000 images show?",
        between=(0, 30),
        unit="nats",
        near=1.5,
        why="The bound stops at log 1,000 = 6.9, whatever the model knows: each z finds its own image among a thousand.",
    ),
    "09.mean-of-kls": Question(
        asks="q is one of two Gaussians, the other is far away. The mean of the two KLs is ...",
        choices=("smaller than the KL to the mixture", "the same", "larger than the KL to the mixture"),
        truth="larger than the KL to the mixture",
        why="6.25 against 0.68. Half of the mixture lies where q is: that costs at most log 2 = 0.69. The mean of the KLs asks q to lie near the far one "
        "too.",
    ),
    "09.purity": Question(
        asks="How many of 10,000 digits are called by their own name?",
        between=(10, 100),
        unit="%",
        near=8,
        why="About half. One group for all, called 1, has 11 %, and ten groups by lot about 12. The Gaussians went where many images are, and no label was there to say "
        "which of them belong together.",
    ),
    "09.labels": Question(
        asks="100 labels alone: 72 % of the test images are named rightly. And with 60,000 images besides?",
        between=(60, 100),
        unit="%",
        near=3,
        why="One choice of a hundred, one run; the curve still rises at its end.",
    ),
    "10.weights": Question(
        asks="1,000 steps of the schedule of Ho et al.: by how much does the largest weight of the bound exceed the smallest?",
        choices=("3 times", "10 times", "more than 100 times"),
        truth="more than 100 times",
        why="120 times: 0.60 for the second step, 0.005 at step 350, where log SNR falls most slowly.",
    ),
    "10.tenfold": Question(
        asks="With 100 steps the bound lies 0.45 nats above the entropy. And with 1,000?",
        between=(0, 0.45),
        unit="nats",
        near=0.02,
        why="Ten times the steps, a tenth of the gap, once the steps are small (from 10 to 100 they were not): each step is wrong by the square of its length, and there are ten times as many.",
    ),
    "10.digits": Question(
        asks="The small VAEs have a NELBO of about 37.7 nats on test digits. And the bound of diffusion, of a larger dense network trained for longer?",
        choices=("lower by more than 5 nats", "within a nat of theirs", "higher by more than 5 nats"),
        truth="within a nat of theirs",
        why="Higher by 0.4 nats, or 1 %. What made diffusion famous are its pictures, with far larger networks that know what neighbouring pixels are.",
    ),
}
"""The lesson's number and a word -> the question."""
