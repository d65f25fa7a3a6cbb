# %% [markdown] tags=["slide"]
# # 00 · Start here
#
# Behind every handwritten digit there is something that no single pixel shows: which digit was meant, how slanted the hand was, how
# thick the pen. A **variational autoencoder** (VAE) finds such hidden causes by itself, and can then draw digits that nobody ever
# wrote. In ten lessons you write one, line by line. Here is one that has learned. Run the cell (**Shift + Enter**) and drag.

# %% tags=["slide"]
import math

import torch

from vae_course import binarize, check, evaluate, given, hint, load_mnist, predict, progress, solution, solved
from vae_course.figures import side_by_side
from vae_course.figures import start_here as figures
from vae_course.figures.digits import images_in_rows
from vae_course.figures.widgets import explore

plane = given.trained("v1_z2")
explore(lambda z_1, z_2: figures.decoded(plane, z_1, z_2), z_1=(1.0, -3.0, 3.0, 0.1), z_2=(0.5, -3.0, 3.0, 0.1))

# %% [markdown]
# It explains every image by two numbers, $z_1$ and $z_2$, its **latent variables** (latent: hidden). Nobody told it what they should
# mean. Left the place $z$, right the probability of ink that its *decoder* gives each pixel there. Most moves melt one digit into the
# next. Here is a walk along $z_1$, for readers without a running kernel:

# %%
with torch.no_grad():
    walk = torch.stack([torch.linspace(-2.5, 2.5, 12), torch.zeros(12)], dim=1)  # (12, 2)
    images_in_rows({"z₁ from −2.5\nto 2.5": torch.sigmoid(plane.dec(walk))})

# %% [markdown] tags=["slide"]
# ## Train two, on your own machine
#
# Two networks of the same size: an *encoder* squeezes an image into 20 numbers $z$, a *decoder* draws the image again from them. Both
# are trained for the same 1,000 steps. The **autoencoder** is told one thing: *draw it well*. The **VAE** is told a second one: *keep
# your $z$ as if they were drawn from a bell curve around 0*. Then take the encoders away, give both decoders random $z$ from that bell
# curve, and let them draw. What will you see? (Run the cell, choose, press the button. Nobody marks it.)

# %% tags=["slide"]
predict("00.who-draws")

# %% tags=["nbval-ignore-output"]
train, test = load_mnist("train"), load_mnist("test")
autoencoder, vae = side_by_side.train_two(train)  # half a minute, or less

# %% tags=["slide"]
x = binarize(test.images[:12], generator=torch.Generator().manual_seed(0))  # (12, 784) of 0 and 1
torch.manual_seed(1)
z = torch.randn(12, 20)  # from the bell curve
with torch.no_grad():
    rows = {"images": x}
    for name, some in {"autoencoder": autoencoder, "VAE": vae}.items():
        rows[f"{name}\ncopies"] = torch.sigmoid(some.dec(some.enc(x)[0]))
    for name, some in {"autoencoder": autoencoder, "VAE": vae}.items():
        rows[f"{name}\ndraws"] = torch.sigmoid(some.dec(z))
images_in_rows(rows)
### BEGIN BUILD ONLY
far, near = (some.enc(x)[0].square().mean() for some in (autoencoder, vae))
assert far > 2 > near
### END BUILD ONLY

# %% tags=["slide"]
predict("00.who-draws").was()

# %% [markdown]
# What the VAE was told in addition is called the **KL term**. Why it has just the form that it has, and how to train with a $z$ that is
# drawn by chance: that is this course.
#
# **Who uses it?** Latent diffusion models draw their images in the latent space of an autoencoder; Stable Diffusion's has just such a
# KL term (Rombach and others, CVPR 2022).

# %% [markdown]
# ## What you will build
#
# From here on a **pencil** suffices, in a world so small that nothing is left to believe: two boxes and one ball. Afterwards you can
#
# * say what a latent variable, the evidence, the prior and the posterior are, and compute them in a small world;
# * derive the ELBO, the number that a VAE maximises, and say by how much it misses and when it does not;
# * say why large worlds need a guess $q$, and why its quality is measured by $\mathrm{KL}(q \,\|\, \text{posterior})$;
# * read the drawing of a VAE, part by part, and use `check`, `hint` and `progress`.

# %% [markdown]
# ## Before you start
#
# About 70 minutes: 53 of reading and playing, 17 of exercises. There is no short path; this *is* the short beginning.
#
# You need: Python; tensors in PyTorch (shapes, `+`, `*`, `.mean()`); from probability, what $p(x)$ and $p(x \mid z)$ say, and what an
# average (expectation) is. No VAE, no machine learning theory.
#
# <details><summary>Notation: the letters of all lessons, beside those of the papers</summary>
#
# | here | in many papers | meaning |
# | --- | --- | --- |
# | $x$ | the same | what is seen: an image, 784 pixels that are 0 (paper) or 1 (ink) |
# | $z$ | the same | the *latent variable*: what is not seen and explains $x$ |
# | $p(z)$ | the same | the **prior**: how likely each $z$ is before anything is seen |
# | $p(x \mid z)$ | $p_\theta(x \mid z)$ | the **likelihood**: how likely $x$ is if $z$ were true; in a VAE, the *decoder* |
# | $p(z \mid x)$ | the same | the **posterior**: how likely each $z$ is after $x$ was seen |
# | $q(z \mid x)$ | $q_\phi(z \mid x)$ | our *guess* of the posterior; in a VAE, the *encoder* |
# | $m$, `m` | $\mu$ | a mean |
# | $v$, `v` | $\sigma^2$ | a **variance**; the standard deviation is $\sqrt v$ |
# | $N(m, v)$ | $\mathcal N(\mu, \sigma^2)$ | the normal distribution with mean $m$ and variance $v$ |
# | $\mathbb E_q[\,\cdot\,]$ | the same | the average when $z$ is drawn from $q$ |
# | `kl` | $D_{\mathrm{KL}}(q(z \mid x) \,\|\, p(z))$ | how far $q(z \mid x)$ is from the prior $p(z)$; never negative (lesson 02) |
# | $p_i$ | $\mu_i$, $\theta_i$ | the model's probability that pixel $i$ is ink (lesson 03) |
# | `logits`, $a_i$ | the same | the **logit** of pixel $i$: the log-odds of ink, $\log\frac{p_i}{1 - p_i}$ (lesson 03) |
# | `rec` | reconstruction loss | $-\mathbb E_q[\log p(x \mid z)]$, estimated by one draw of $z$ as $-\log p(x \mid z)$ (lesson 03) |
# | `nelbo` | −ELBO | `kl + rec`: what a VAE minimises (lesson 04) |
# | `iw`, $w$ | $k$, $w$ | number of importance samples (code writes `iw`, formulas write $k$), and their weights (lesson 05) |
#
# $\log$ is always the natural logarithm, and what it measures is counted in **nats**. Four letters have a second
# meaning: $a$ is a logit from lesson 03 on, and in the boxes of this lesson a probability, your guess; $x$ is any number where a function
# of numbers is asked for (0.1, 2.1, 3.2); `w` is a parameter in one cell of lesson 04; `k` counts neighbours that vote in lesson 06.
# </details>

# %% [markdown]
# ## Warm-up
#
# Three questions on what you bring along. Answer aloud before you open the answers: recalling is what makes it stay.
#
# 1. A coin shows heads with probability 0.3. You toss it and *then* throw a die. What is the probability of "heads and a six"?
# 2. Of 100 letters 40 are spam, and 30 of those 40 contain the word "prize"; of the other 60 only 6 do. A letter contains "prize". How
#    likely is it spam?
# 3. Which is larger, $\log 0.5$ or $\log 0.9$? Can the logarithm of a probability be positive?
#
# <details><summary>Answers</summary>
#
# 1. $0.3 \cdot \tfrac16 = 0.05$: probabilities of a chain of events are multiplied.
# 2. $30 / (30 + 6) = 0.83$. You compared the spam letters with "prize" with *all* letters with "prize". This is all that Bayes' rule says.
# 3. $\log 0.9 = -0.11$ is larger than $\log 0.5 = -0.69$. Never positive for a probability. (A real number has a *density* instead of a
#    probability: the height of a curve under which areas are probabilities. A height may exceed 1, and then its logarithm is positive.)
# </details>

# %% [markdown]
# ## How a lesson works
#
# Some cells are yours to fill in: they say `raise NotImplementedError`, and below each one a `check(...)` tells you at once what it saw.
# Its answer is a *card*. It never wants *our* code; it wants the right behaviour. `hint("name")` opens the next rung of a ladder of hints, `progress()` shows how
# far you are, `solution("name")` shows our answer once yours has passed. When an
# exercise has passed, run the cells below it again: now they use your function. Nothing can break, and your own lines are never
# overwritten.

# %% [markdown]
# {{ exercise standardize }}
#
# **Goal.** Say how many standard deviations each $x$ lies above its mean $m$.
#
# $$\frac{x - m}{\sqrt v}$$
#
# **Shapes.** In: `x`, `m` and `v`, each `(n,)`; `v` is a *variance*. Out: `(n,)`. Nothing is summed, nothing is averaged.
# Numbers of any size may come, and an $x$ on either side of its mean.


# %%
def standardize(x, m, v):
    """How many standard deviations x lies above m. x, m, v: (n,); v is the variance. Returns (n,)."""
    ### BEGIN SOLUTION
    return (x - m) / v.sqrt()
    ### END SOLUTION


# %%
check(standardize)

# %%
if solved(standardize):
    heights = standardize(torch.tensor([190.0, 160.0]), torch.tensor([170.0, 170.0]), torch.tensor([100.0, 100.0]))
    print("190 cm and 160 cm, where the mean is 170 and the variance 100:", heights.tolist())
else:
    print("Here two body heights will be standardized: 190 cm should become 2.0 and 160 cm −1.0.")

# %% [markdown]
# <details><summary>I get 0.2 instead of 2</summary>
#
# You divided by the variance, 100. Its square root, 10, is the standard deviation.
# </details>

# %% [markdown]
# **Before you go on**, spoil it on purpose: drop the `.sqrt()`, run both cells again, and read the card. Then call
# `hint("standardize")` in a new cell. (A new cell: press `B` beside a cell.)
#
# **Think.** $x$ is in centimetres. In which units are $m$, $v$ and the result?
#
# <details><summary>Answer</summary>
#
# $m$ in cm, $v$ in cm² (it is an average of *squared* distances), the result has none: cm / $\sqrt{\text{cm}^2}$. Dividing by $v$ would
# leave 1/cm, a sign that something is wrong. Units find many bugs in this course.
# </details>

# %% [markdown] tags=["slide"]
# ## Two boxes and a ball
#
# Drawing is the easy direction: pick $z$, decode. The hard questions go the other way. *Given an image, which $z$ was behind it?* And:
# *how likely is this image at all?* For them we leave digits and take the smallest world that has a hidden cause.
#
# Behind a curtain stand two boxes. Somebody tosses a fair coin to choose a box $z$, draws a ball from it without looking, and shows you
# the ball's colour $x$. The box stays hidden: it is the latent variable.

# %% tags=["slide"]
figures.boxes()

# %% [markdown] tags=["slide"]
# Everything that can happen is a pair (box, colour), in two steps, choose and draw, so the two probabilities are multiplied. This is the
# **joint** probability, and $p(z)$, what we know of $z$ before anything is seen, is the **prior**:
#
# $$p(z, x) = p(z)\;p(x \mid z)$$
#
# | | red | not red |
# | --- | --- | --- |
# | box 0 | $\tfrac12 \cdot 0.2 = 0.10$ | $\tfrac12 \cdot 0.8 = 0.40$ |
# | box 1 | $\tfrac12 \cdot 0.9 = 0.45$ | $\tfrac12 \cdot 0.1 = 0.05$ |

# %% [markdown] tags=["slide"]
# **Question 1: how likely is what I see?** Red can come about in two ways that exclude each other, so their probabilities are added:
#
# $$p(x) = \sum_z p(z)\;p(x \mid z)$$
#
# This is the **evidence** of $x$. For a VAE it is the number that matters most: a good model of digits is one that finds real digits
# *likely*. Take a pencil, add up the column "red", and keep the number.

# %% [markdown] tags=["slide"]
# **Question 2: what was behind it?** The ball is red. Which box was it? Of all the ways to see red, look at the share of box 1:
#
# $$p(z \mid x) = \frac{p(z, x)}{p(x)} = \frac{p(z)\;p(x \mid z)}{p(x)}$$
#
# This is the **posterior** (*post*: after seeing $x$). Below the line stands the evidence: whoever cannot compute question 1 cannot
# compute question 2 either. Compute $p(z = 1 \mid \text{red})$ and keep it as well.

# %% [markdown] tags=["slide"]
# ## Nats: what a logarithm counts
#
# Given $z$, the probability of an image is a product of 784 pixel probabilities: $p(x \mid z)$ is tiny, and so is $p(x)$. So we look at
# logarithms, in which products become sums.
# $-\log p(x)$ is the *surprise* at seeing $x$: 0 for what was certain, and the larger the less likely. With the natural logarithm the
# unit is called a **nat**: one nat more means $e \approx 2.7$ times less likely. (With $\log_2$ the unit is the *bit*; one bit is
# $\log 2 = 0.693$ nats.)

# %%
for p in (1.0, 0.9, 0.5, 0.1):
    print(f"probability {p}:  surprise {math.log(1 / p):.3f} nats")

# %% [markdown] tags=["slide"]
# ## A guess, and a score for it
#
# Now pretend that you cannot sum over the boxes. You make a **guess** $q(z)$ of the posterior: $a$ for box 1, and $1 - a$ for box 0. How
# good is it? Look for a score that uses only what is easy, the *joint* $p(z, x)$ and $q$ itself.

# %% [markdown] tags=["slide"]
# Turn the posterior's definition round: $p(x) = p(z, x) / p(z \mid x)$. The left side knows nothing of $z$, so the right side is the
# same number for both boxes. Take the logarithm, and multiply and divide by $q(z)$ inside:
#
# $$\log p(x) = \log\frac{p(z, x)}{q(z)} + \log\frac{q(z)}{p(z \mid x)}.$$
#
# This holds for each $z$, so it stays true when both sides are averaged over $z$ drawn from $q$; the left side does not change:
#
# $$\log p(x) = \underbrace{\sum_z q(z) \log\frac{p(z, x)}{q(z)}}_{\text{ELBO}(q)} \;+\; \underbrace{\sum_z q(z)
# \log\frac{q(z)}{p(z \mid x)}}_{\text{the gap}}$$
#
# The first part needs only the joint and $q$: it is the score that we looked for. The second is what the score misses. With a red ball,
#
# $$\text{ELBO}(a) = a \log\frac{0.45}{a} + (1 - a) \log\frac{0.10}{1 - a}.$$
#
# (A box that $q$ never picks adds nothing: with $a = 1$ the second term is 0.)

# %% [markdown] tags=["slide"]
# ### The gap is never negative
#
# For every $t > 0$: $\log t \le t - 1$. (The curve bends downwards, and the line touches it at $t = 1$.) Put $t = p(z \mid x) / q(z)$:
#
# $$-\text{gap} = \sum_z q(z) \log\frac{p(z \mid x)}{q(z)} \;\le\; \sum_z q(z)\Big(\frac{p(z \mid x)}{q(z)} - 1\Big) = \sum_z p(z \mid x) - \sum_z q(z) = 1
# - 1 = 0.$$
#
# (If $q$ is 0 somewhere, $\sum_z p(z \mid x)$ over the other $z$ is at most 1; the result stands.) Equality needs $t = 1$ everywhere:
# $q(z) = p(z \mid x)$.
#
# So $\text{ELBO}(q) \le \log p(x)$ for *every* guess: the *evidence lower bound*. It touches exactly when the guess is the posterior. The
# gap is the **Kullback-Leibler divergence** of $q$ from the posterior, $\mathrm{KL}(q \,\|\, p(z \mid x))$; lesson 02 is about it.

# %% [markdown]
# The slider begins at $a = ½$, a guess that ignores the red ball. What if you are *sure* that it was box 1, $a = 1$?

# %% tags=["slide"]
predict("00.sure")

# %% tags=["slide"]
explore(figures.guess, a=(0.5, 0.0, 1.0, 0.01))

# %% tags=["slide"]
predict("00.sure").was()

# %% [markdown]
# The curve lies below the dashed line $\log p(\text{red})$, and touches it where your guess (full bars) is the posterior (hatched). The
# thick bar is the gap. So a search for the best score *is* a search for the posterior, and at the top the score tells the evidence as
# well. One search answers both questions, without ever dividing by $p(x)$. This is the idea of the course.

# %% [markdown] tags=["slide"]
# {{ exercise two_boxes }}
#
# **Goal.** Four numbers, with a pencil (or with `math.log` in a new cell), for a *red* ball:
#
# * `evidence`: $p(\text{red})$;
# * `posterior`: $p(z = 1 \mid \text{red})$;
# * `gap`: $\log p(\text{red}) - \text{ELBO}$ for the guess $a = \tfrac12$, in nats;
# * `best_elbo`: the highest ELBO that any guess reaches, in nats.
#
# **Answer.** A dictionary of four numbers, right to 1 %. You may write them as expressions.

# %%
two_boxes = {"evidence": None, "posterior": None, "gap": None, "best_elbo": None}
### BEGIN SOLUTION
two_boxes = {
    "evidence": 0.10 + 0.45,
    "posterior": 0.45 / 0.55,
    "gap": math.log(0.55) - (0.5 * math.log(0.45 / 0.5) + 0.5 * math.log(0.10 / 0.5)),
    "best_elbo": math.log(0.55),
}
### END SOLUTION

# %%
check(two_boxes, "two_boxes")

# %% [markdown]
# <details><summary>I get 1.1 instead of the evidence</summary>
#
# You added 0.2 and 0.9. Each box counts only with the chance ½ that it is chosen: add the *joint* probabilities of the column.
# </details>
#
# <details><summary>I get 0.9 instead of the posterior</summary>
#
# That is $p(\text{red} \mid z = 1)$. Asked is $p(z = 1 \mid \text{red})$: divide a joint probability by the evidence.
# </details>
#
# <details><summary>I get 0.37 instead of the gap</summary>
#
# You used $\log_2$, and your gap is in bits. Nats need `math.log`.
# </details>

# %% [markdown]
# **Think.** For a ball that is *not* red, is a sure guess better than $a = \tfrac12$ too? Which one?
#
# <details><summary>Answer</summary>
#
# The column is 0.40 and 0.05. $\text{ELBO}(\tfrac12) = -1.263$, $\text{ELBO}(1) = \log 0.05 = -2.996$ is worse, and
# $\text{ELBO}(0) = \log 0.40 = -0.916$ is better.
# </details>

# %% [markdown] tags=["slide"]
# ## Why not simply sum?
#
# The latent variable of a VAE is a list of, say, 20 real numbers. Three ways to get $p(x)$ come to mind:
#
# 1. **A formula.** $\int p(z)\,p(x \mid z)\,dz$, with a neural network in it: nobody can write that integral down.
# 2. **A grid.** Ten values for each number make $10^{20}$ places. At a million places a second that is three million years, for one image.
# 3. **Dice.** Draw many $z$ from the prior and average $p(x \mid z)$. On average this is exactly right, in any dimension.

# %% [markdown]
# The third looks harmless. Try it where the truth is known: $z \sim N(0, I)$ in $d$ dimensions ($I$ says: every entry is independent and
# has variance 1), and $x$ is $z$ plus noise of standard deviation 0.1. The sum of two bells is a bell, and variances add: each
# $x_i \sim N(0, 1.01)$. We see $x_i = 0.7$ everywhere. ($x$ is a real number here, so $p(x)$ is a height of that bell; lesson 02 has
# its formula, and the column `exact` uses it.)

# %% [markdown]
# In the last column $z$ is drawn from a guess $q$ near $x$ instead, $N(0.7, 0.02)$ in each dimension. Such draws visit that place too
# often, so each counts with the weight $p(z)/q(z)$, because
#
# $$p(x) = \sum_z p(z)\,p(x \mid z) = \sum_z q(z)\;\frac{p(z)}{q(z)}\,p(x \mid z).$$
#
# (For real numbers $z$ the sum is an integral. Lesson 05 is about these weights.)
#

# %%
predict("00.dice")

# %% tags=["slide"]
print("dimensions   exact    10,000 draws from the prior   10,000 draws from a good guess q")
for dims in (1, 2, 5, 10, 20):
    by_prior, by_q, exact = figures.evidence_three_ways(dims)
    print(f"{dims:10d} {exact:7.2f} {by_prior:30.2f} {by_q:34.2f}")
figures.why_it_is_hard()

# %%
by_prior, _, exact = figures.evidence_three_ways(10)
predict("00.dice").was(exact - by_prior)

# %% [markdown]
# Left, only few of 1,500 draws fall into the small circle (radius 0.25) that explains $x$; with each dimension that share shrinks by a
# similar *factor*. Right, the average falls off: nearly every draw explains nothing. (*Right on average* was no lie: once in a very long
# while a draw would hit, and lift the average enormously.) The dots are as many draws from a guess $q$ in the right place, and stay on
# the line. So that is what $q(z \mid x)$ is for: **it says where to look**. In a VAE the *encoder* looks at $x$ and answers with
# $q(z \mid x) = N(m, v)$.

# %% [markdown] tags=["slide"]
# ## Why KL(q ‖ posterior), and not the other way round
#
# $\mathrm{KL}(\text{posterior} \,\|\, q) = \sum_z p(z \mid x) \log \frac{p(z \mid x)}{q(z)}$ also measures how far apart the two are. Why
# the first?
#
# * **It is the one that falls out.** We did not choose it: $\log p(x) - \text{ELBO}$ *is* $\mathrm{KL}(q \,\|\, \text{posterior})$.
# * **It is the one that we can make small.** Its average is over $z$ drawn from $q$, and from $q$ we can draw; what we cannot
#   compute in it is $\log p(x)$, which does not depend on $q$. The other averages over the posterior, which is what we do not have.
#
# It has a price. Take three boxes with a posterior of 0.499, 0.499, 0.002. Guess A forgets the second box, guess B spreads evenly.

# %%
posterior = torch.tensor([0.499, 0.499, 0.002])
for name, q in {"A (forgets)": [0.98, 0.01, 0.01], "B (spreads)": [1 / 3, 1 / 3, 1 / 3]}.items():
    q = torch.tensor(q)
    ours, other = (q * (q / posterior).log()).sum(), (posterior * (posterior / q).log()).sum()
    print(f"guess {name}:   KL(q ‖ posterior) = {ours:.2f}   KL(posterior ‖ q) = {other:.2f}")

# %% [markdown]
# Our KL prefers A: to *forget* a part of the posterior is punished mildly, to put weight where it has almost none is punished hard.
# Lesson 02 draws it with curves: of two bumps far enough apart, a $q$ of one bump *picks one*.

# %% [markdown]
# ## The whole machine
#
# Here is a VAE on one page. The number at each part is the lesson in which you write it; the networks are given.

# %% tags=["slide"]
figures.poster()

# %% [markdown]
# Top, how a new image is drawn. Middle row, what happens to one image. Bottom, what it costs: `kl`, and `rec`, which compares $x$ with its
# logits; their sum, `nelbo`, is −ELBO, and a VAE makes it small.

# %% [markdown] tags=["slide"]
# How does the ELBO of the boxes become `kl + rec`? Write the joint as prior times likelihood and split the logarithm. ($\mathbb E_q$ is
# short for the average over $z$ drawn from $q$, and we write $q(z \mid x)$ now, as each image has a guess of its own.)
#
# $$\text{ELBO} = \mathbb E_q\Big[\log\frac{p(z)\,p(x \mid z)}{q(z \mid x)}\Big] = \underbrace{\mathbb E_q[\log p(x \mid z)]}_{-\text{rec}} -
# \underbrace{\mathbb E_q\Big[\log\frac{q(z \mid x)}{p(z)}\Big]}_{\text{kl}}$$
#
# A contract: *explain the image well, with a $q$ that strays from the prior as little as possible*. These are the two things that the VAE
# was told above. Mind which KL this is: here $q$ is compared with the **prior**; the gap compared it with the **posterior**.

# %% [markdown]
# As a class, line by line:
#
# | line of `class VAE` | what it does | lesson |
# | --- | --- | --- |
# | `self.enc`, `self.dec`, `self.z_prior` | two networks and the prior $N(0, I)$ | given |
# | `sample_gaussian(m, v)` | draws $z$ so that gradients pass through | 01 |
# | `log_normal`, `kl_normal` | how far $q(z \mid x)$ is from the prior: `kl` | 02 |
# | `log_bernoulli_with_logits`, `log_mean_exp` | how badly the image is redrawn: `rec`; averages in log space | 03 |
# | `negative_elbo_bound(x)`, `loss(x)` | `nelbo = kl + rec`, and training on real digits | 04 |
# | `log_weights`, `negative_iwae_bound(x, iw)` | a tighter bound, from several $z$ for each image | 05 |
# | `sample_z`, `sample_x`, `sample_sigmoid`, ... | new digits, and what the latents are good for | 06 |
# | all of it | the whole class, alone, with a network of your own | 07 |

# %% [markdown]
# ## Where we start
#
# How good is a model that knows nothing? Let it toss a fair coin for each of the 784 pixels. Every image then has the same probability,
# $0.5^{784}$, and a surprise of
#
# $$-\log p(x) = 784 \cdot \log 2 \text{ nats.}$$
#
# And the trained models? Their evidence is hard to get, their ELBO is not: `evaluate` averages it over all 10,000 test images. (`v1_z20`
# is the same design with 20 latents. Both have seen the 60,000 training images of MNIST, and never a test image.)

# %%
print(f"know-nothing model: {784 * math.log(2):.1f} nats per image")
all_test = binarize(test.images, generator=torch.Generator().manual_seed(0))
for name in ("v1_z2", "v1_z20"):
    print(
        f"{name}: log p(x) is at least {evaluate(given.trained(name), all_test).bound:.0f} nats per image, on average"
    )

# %% [markdown]
# **Our model: −543.4 nats per image** ($\log p(x)$; higher is better). This number accompanies you through the course. By the end your
# own model will be in the range of the trained ones, and you will know how to tell a model that is better from a bound that is wrong.

# %% [markdown] tags=["slide"]
# ## Summary
#
# * A **latent variable** $z$ is an unseen cause. The model tells a story: draw $z$ from the prior, then $x$ from $p(x \mid z)$.
# * The **evidence** $p(x) = \sum_z p(z)\,p(x \mid z)$ says how well the model explains $x$;
#   the **posterior** $p(z \mid x)$ says what was behind it.
# * $\log p(x) = \text{ELBO}(q) + \mathrm{KL}(q \,\|\, p(z \mid x))$ for every guess $q$. The ELBO is a lower bound, and it touches at the
#   posterior.
# * In many dimensions the sum is out of reach and draws from the prior miss; $q$ says where to look.
# * $\text{ELBO} = -(\text{kl} + \text{rec})$; logarithms are natural, and count nats.

# %% [markdown]
# ## Check your progress

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | `NameError: name 'check' is not defined` | the cells above were not run: menu Run, "Run All Above Selected Cell" |
# | `NotImplementedError` | that line is still in your function; replace it by your answer |
# | an evidence above 1 | likelihoods were added without their priors |
# | a positive ELBO in the boxes world | a sign: logarithms of probabilities are never positive |
# | an ELBO *above* $\log p(x)$ | the terms were averaged with the wrong weights: all weights are $q$'s |
# | "KL to the prior or KL to the posterior?" | in the **gap** it is the posterior; in the **ELBO's formula** (`kl`) it is the prior |
#
# <details><summary>A task for groups (rooms, 10 minutes)</summary>
#
# Each pair invents a world with two hidden causes and two observations (weather and umbrella, illness and fever), with numbers. The
# next pair computes evidence, posterior and the ELBO at $a = \tfrac12$. Which world in the room has the largest gap, and why?
# </details>

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, five minutes: the table of the two boxes; evidence and posterior of a ball that is *not* red; the line
# $\log p(x) = \text{ELBO} + \text{gap}$ with its derivation; the drawing of the machine. Then compare.
# What was missing goes onto tomorrow's
# page.
#
# **Think.** For a ball that is not red: which $a$ is best, and what is the ELBO there?
#
# <details><summary>Answer</summary>
#
# The column is 0.40 and 0.05, so $p(\text{not red}) = 0.45$ and the best $a$ is the posterior $0.05 / 0.45 = 0.111$. There
# $\text{ELBO} = \log 0.45 = -0.799$.
# </details>

# %% [markdown]
# ## Further reading
#
# * D. MacKay, *Information Theory, Inference, and Learning Algorithms*, 2003, chapters 2 and 33: boxes and balls, and the same bound.
# * D. Kingma, M. Welling, *An Introduction to Variational Autoencoders*, 2019: by the inventors.
# * D. Blei, A. Kucukelbir, J. McAuliffe, *Variational Inference: A Review for Statisticians*, JASA 2017: the ELBO without networks.
#
# Next: [01 · The reparameterization trick](01_reparameterization.ipynb).
