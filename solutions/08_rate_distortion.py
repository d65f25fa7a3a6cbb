# %% [markdown] tags=["slide"]
# # 08 · Rate and distortion
#
# The bound adds two prices: what $z$ costs, and what is lost without knowing more. Suppose the first were cheaper, or dearer. Choose
# its weight $\beta$, and look at what thirteen models copy and what they draw.

# %% tags=["slide"]
import math

import torch

from vae_course import binarize, check, evaluate, fit, given, hint, load_mnist, predict, progress, solution, solved
from vae_course.figures import gaussian_channel
from vae_course.figures import rate_distortion as figures
from vae_course.figures.widgets import explore
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_mean_exp, log_normal, sample_gaussian

train, test = load_mnist("train"), load_mnist("test")
x_test = binarize(test.images, torch.Generator().manual_seed(1))  # (10000, 784), each pixel 0 or 1

explore(figures.plane, beta=[1.0, 0.1, 0.25, 0.5, 0.75, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0])

# %% [markdown]
# Left, each dot is a model; right, digits, their copies (decoded from the mean of $q$), and new ones. With $\beta = 0.1$ the copies are
# nearly perfect and the new digits are scraps; with 5 a 4 is copied as a 9. The slanting lines join models of equal NELBO. (They are diagonals; the two
# axes have different scales.)
#
# **Who uses it?** Learned image compression trains for such a sum: bits for a (rounded) code, plus a weight times the error (Ballé, Laparra
# and Simoncelli, ICLR 2017, who also say what it has to do with a VAE).

# %% [markdown]
# ## What you will build
#
# `beta_bound`, the loss with a price for the rate, and models of your own on the plane above; `free_bits`; and two bounds on what $z$
# knows about the image. After this lesson you can
#
# * say which point of the plane a weight chooses, and why there;
# * find collapse, warm-up and free bits on it;
# * split the rate into what $z$ knows and what is wasted, and say how far that can be measured.

# %% [markdown]
# ## Before you start
#
# About 100 minutes: 54 of reading and playing, 46 of exercises; the optional one takes 8 more. **Short path** (workshop, 35 minutes): run
# the cells in turn, and read "Two numbers", "A price for the rate" with exercise 8.1, "Places on the plane", the summary.
#
# This lesson is beyond the core: its points count apart. You need lessons 02 and 04, and 04b for collapse. All else is given.

# %% [markdown]
# ## Warm-up
#
# Three questions on earlier lessons. Answer aloud before you open the answers.
#
# 1. What do `kl` and `rec` of an image say, and what do they add up to?
# 2. A model's KL is 0 for every image. What does its decoder paint, and what does that cost (lesson 00)?
# 3. Which three causes of collapse are there (lesson 04b)?
#
# <details><summary>Answers</summary>
#
# 1. `kl`: how far $q(z|x)$ is from the prior. `rec`: what the image still costs when $z$ is known. Together: the NELBO.
# 2. The same image for every $z$; with independent pixels the best is the average image, 205.9 nats.
# 3. The KL weighs too much; $z$ is not needed; training is caught.
# </details>

# %% [markdown] tags=["slide"]
# ## Two numbers
#
# Average the two terms of the bound over images that come from $p_{\text{data}}$:
#
# $$R = \mathbb E_x\,\mathrm{KL}\big(q(z|x)\,\|\,p(z)\big), \qquad
# D = \mathbb E_x\,\mathbb E_{q(z|x)}\big[{-\log p(x|z)}\big], \qquad R + D = \text{mean NELBO}.$$
#
# $R$ is the **rate**: the nats that one pays to know $z$. $D$ is the **distortion**: what one pays on top to know every pixel. A model
# is a point in the plane of the two (Alemi and others, ICML 2018). Where can it lie?

# %% [markdown] tags=["slide"]
# * **Not left of 0**: a KL is never negative.
# * **Not below 0**: the pixels are black or white, $p(x|z)$ is a probability, and $-\log p(x|z) \ge 0$.
# * **Not below a diagonal.** $R + D \ge \mathbb E_x[-\log p(x)]$, as the ELBO is a bound; and that is at least the entropy $H$ of the
#   data (lesson 03: cross-entropy is entropy plus a KL). So $D \ge H - R$, whatever the networks are. Nobody knows $H$.
# * **On the left edge**, $R = 0$, every $q$ is the prior and $z$ says nothing. A decoder of *independent pixels* then does best with the
#   average image, whatever $z$ is: about 206 nats (lesson 00).

# %% [markdown]
# A network of some size, trained for some time, reaches a *curve* in this plane and not beyond. Lesson 04 looked for the point with
# the smallest sum. Here we walk along the curve.

# %% [markdown] tags=["slide"]
# ## A price for the rate
#
# Of all points with a rate of at most $R_0$ we want the one with the smallest distortion. A constraint can be turned into a price (the
# method of Lagrange): minimise
#
# $$L_\beta = D + \beta\,R.$$
#
# Points with the same $L_\beta$ lie on a line of slope $-\beta$. Push this line down as far as a point of the curve is still on it.
# There it touches, so that the curve, if it is smooth, has the same slope: **one nat of rate more wins just $\beta$ nats of distortion**.
# With more to be won the loss would still buy, with less it would sell. (Two exceptions. At the left edge nothing is left to sell: there the
# curve may be flatter than the line. And a dent in the curve is skipped: no weight chooses a point in it.)

# %% tags=["slide"]
explore(figures.tangent, beta=[2.0, 1.0, 0.5, 0.25, 5.0, 12.0])

# %% [markdown]
# The dotted lines are dearer. A large weight is a steep line, which touches far left. (Look closely: a dot or two may lie below the line, by up
# to a nat. Each model was trained once, and not to the very end.)
#
# Is $L_\beta$ still a bound? For $\beta \ge 1$ it is at least $D + R$, so at least $-\log p(x)$ on average: a bound, only a looser one. For
# $\beta < 1$ it may lie below: no bound. **Report $R$, $D$ and their sum, whatever you trained with.** (Higgins and others, ICLR 2017,
# train with $\beta > 1$ for latents that can be read one by one; $\beta$ is their letter.)

# %% [markdown]
# {{ exercise VAE.beta_bound }}
#
# **Goal.** The loss with a weight, for one batch: return it, and with it the mean `kl` and the mean `rec`, *without* the weight.
#
# $$\texttt{loss} = \texttt{rec} + \beta\;\texttt{kl}$$
#
# **Shapes.** In: `x`, `(batch, 784)`; `beta`, a number. Out: `loss, kl, rec`, three scalars in nats. The KL is summed over the latents
# and `rec` over the pixels; then each is averaged over the images. With `beta = 1` it is lesson 04's bound: one $z$ for each image,
# gradients to encoder and decoder. The prior is `self.z_prior`; the formulas of lessons 01 to 03 are imported above.


# %%
class VAE(given.VAE):
    def beta_bound(self, x, beta):
        """The loss rec + beta · kl and its two terms, from one z per image.

        x: (batch, 784). Returns loss, kl, rec: scalars in nats; kl and rec without the weight.
        """
        ### BEGIN SOLUTION
        m, v = self.enc(x)  # (batch, z_dim) each
        z = sample_gaussian(m, v)  # (batch, z_dim)
        kl = kl_normal(m, v, *self.z_prior).mean()
        rec = -log_bernoulli_with_logits(x, self.dec(z)).mean()
        return rec + beta * kl, kl, rec
        ### END SOLUTION


# %%
check(VAE.beta_bound)

# %% tags=["nbval-ignore-output"]
if solved(VAE.beta_bound):
    points = {}
    for beta in (0.35, 4.0, 15.0):
        torch.manual_seed(0)
        model = VAE(nn="v1", z_dim=20)
        fit(
            model,
            train,
            objective=lambda model, x, beta=beta: model.beta_bound(x, beta)[0],
            steps=1_200,
            progress=False,
        )
        found = evaluate(model, x_test)  # all 10,000 test images
        points[beta] = (found.kl, found.rec)
        print(f"beta {beta:5.2f}: rate {found.kl:5.1f} + distortion {found.rec:6.1f} = NELBO {found.nll:6.1f}")
else:
    points = {}
    print(
        "When your loss passes, three models train here, ten to thirty seconds each, with weights that the recording has not."
    )
### BEGIN BUILD ONLY
rates = [rate for rate, _ in points.values()]
assert rates == sorted(rates, reverse=True) and all(
    abs(sum(point) - best) < 12 for point, best in zip(points.values(), (106, 126, 180), strict=True)
)
### END BUILD ONLY

# %% tags=["slide"]
figures.your_points(points)

# %% [markdown]
# Yours fall onto the curve, between the dots: the weight alone decides where.
#
# <details><summary>I get "the kl counts 2.00 times" instead of a pass</summary>
#
# The NELBO has a kl already: `beta` replaces its weight of 1, it is not added to it.
# </details>
#
# <details><summary>I get a kl that changes with beta instead of the same one</summary>
#
# The weight stands in the loss alone. The `kl` that you return is that of lesson 04.
# </details>

# %% [markdown]
# **Think.** Instead of $D + \beta R$, somebody minimises $D / \beta + R$. Is that another model?
#
# <details><summary>Answer</summary>
#
# The optimum is the same: the whole loss is divided by $\beta$. (The gradients are too, which Adam hardly notices.) Weighing `rec` by ½
# *is* weighing the KL by 2; averaging `rec` over 784 pixels, the slip of lesson 03, is $\beta = 784$.
# </details>

# %% tags=["slide"]
predict("08.double")

# %% tags=["slide"]
print("    β    rate  distortion   NELBO   to the next: distortion per nat of rate")
following = dict(zip(figures.WEIGHTS, figures.WEIGHTS[1:], strict=False))
for beta in figures.WEIGHTS:
    rate, distortion = figures.numbers(beta)
    other = figures.numbers(following.get(beta, beta))
    slope = f"{(other[1] - distortion) / (rate - other[0]):9.2f}" if beta in following else ""
    print(f"{beta:5g}  {rate:6.1f}  {distortion:10.1f}  {rate + distortion:6.1f}   {slope}")

# %% tags=["slide"]
predict("08.double").was(figures.numbers(2.0)[0])

# %% [markdown]
# The last column should lie between a row's weight and the next one. From 2 on it does. From 0.25 to 1.5 it is too steep: one run each, of
# 1,200 steps, and unfinished training may be why; more steps would be the test. (It rises throughout: no dent is seen.)
#
# Between $\beta = 0.5$ and 1 the sum changes by less than half a nat: near the best point the curve runs along a diagonal. So the NELBO hardly says
# whether a model has a rate of 22 or of 30. And with $\beta = 40$ nothing is left of $z$: why does it die at a finite price?

# %% [markdown] tags=["slide"]
# ## Where all is Gaussian
#
# One case can be solved with a pencil. Data along one axis, $x \sim N(0, \lambda)$; a *linear* model, $q(z|x) = N(ax, v)$ and
# $p(x|z) = N(bz, \sigma^2)$ with a fixed $\sigma^2$; $p(z) = N(0, 1)$. Over all $x$, $z$ has the variance $u = a^2\lambda + v$. Lesson 02's formula, averaged over $x$:
#
# $$R = \tfrac12\,(u - 1 - \log v).$$
#
# $D$ is $\frac{1}{2\sigma^2}$ times the mean square of $x - bz$, and a constant. The best $b$ (least squares) leaves of the variance
# $\lambda$ the part that $z$ does not explain, $\lambda\,\frac vu$.

# %% [markdown] tags=["slide"]
# Call that part $\rho = \frac vu$; $a$ and $v$ make any $u$ and any $\rho$ up to 1. As $\log v = \log \rho + \log u$,
#
# $$R = \underbrace{\tfrac12\,(u - 1 - \log u)}_{\ge\,0} - \tfrac12 \log \rho, \qquad
# D = \frac{\lambda\,\rho}{2\sigma^2} + \text{const}.$$
#
# The bracket is best at $u = 1$. What is left, $\frac{\lambda}{2\sigma^2}\rho - \frac\beta2 \log \rho$, has its smallest value at
# $\rho = \beta\sigma^2 / \lambda$. But $\rho$ is at most 1. So
#
# $$R = \tfrac12 \log \frac{\lambda}{\beta\sigma^2} \ \text{ if } \lambda > \beta\sigma^2, \qquad R = 0 \ \text{ if not.}$$

# %% [markdown]
# With several independent axes, and a latent for each, each does this by itself: it keeps an error of $\beta\sigma^2$, like a landscape under
# water up to that level (reverse *water-filling*). What is under water altogether is given up. No other encoder, and no other mean of the
# decoder, does better: that is Shannon's rate–distortion function of Gaussian data (Cover and Thomas, *Elements of Information Theory*,
# chapter 10). Drag the level.

# %% tags=["slide"]
explore(gaussian_channel.water, beta=(1.0, 0.1, 14.0, 0.1))

# %% [markdown]
# **An axis is given up at a finite price**, $\beta = \lambda / \sigma^2$, the smallest first. That is collapse, latent by latent; with
# $\beta = 1$ it is the rule of lesson 04b's linear model. And only $\beta\sigma^2$ counts: *here*, with a fixed $\sigma^2$, a weight is
# nothing but another noise of the decoder.

# %% [markdown]
# {{ exercise water_filling }}
#
# **Goal.** Data with the variances 9 and 1.2 along two axes; a decoder with $\sigma^2 = 0.6$. With a pencil:
#
# * `rate`: the rate of the best model for $\beta = 1$, in nats;
# * `second_off`: the weight from which on the second axis is given up;
# * `slope`: the slope $dD/dR$ of the curve at the point that $\beta = 4$ chooses.
#
# **Answer.** A dictionary of three numbers, right to 1 %. Formulas such as `math.log(5) / 3` are welcome.

# %%
water_filling = {"rate": None, "second_off": None, "slope": None}
### BEGIN SOLUTION
water_filling = {"rate": math.log(9 / 0.6) / 2 + math.log(1.2 / 0.6) / 2, "second_off": 1.2 / 0.6, "slope": -4}
### END SOLUTION

# %%
check(water_filling, "water_filling")

# %% [markdown]
# <details><summary>I get the rate of the first axis alone instead of both</summary>
#
# At $\beta = 1$ the level is 0.6. Does the second axis stand out of it?
# </details>

# %% [markdown]
# **Think.** $\sigma^2$ is doubled, and $\beta$ halved. What changes?
#
# <details><summary>Answer</summary>
#
# $\beta\sigma^2$ stays, and with it each axis' rate and the error that is left. Only the nats of $D$ are counted with another $\sigma^2$.
# </details>

# %% [markdown] tags=["slide"]
# ## Places on the plane
#
# Lesson 04b met collapse, and two ways to keep $z$ alive. Where on the plane do they lead?
#
# * **Collapse**: the left edge, $R = 0$.
# * **Warm-up**: the weight rises from 0 to 1 in the first half of training. The last weight decides where training *wants* to go; the first
#   ones, from which side it comes.
# * **Free bits**: in the loss, a floor under each latent's rate.

# %% [markdown]
# {{ exercise free_bits }}
#
# **Goal.** The term that takes the place of the KL in a loss with free bits: for each latent $d$ its mean KL over the images, but at
# least `floor`; then all latents together.
#
# $$\sum_d \max\Big(\texttt{floor},\ \frac{1}{\text{batch}} \sum_i \texttt{kl}_{id}\Big)$$
#
# **Shapes.** In: `kl`, `(batch, z_dim)`, the KL of each image and latent; `floor`, a number of nats. Out: a scalar tensor, also where all latents lie below the floor. Averaged over the
# images first, summed over the latents last. Below the floor the slope is 0: nothing is won by a smaller KL.


# %%
def free_bits(kl, floor):
    """The rate that a loss counts: each latent's mean KL, or the floor where that is larger. A scalar."""
    ### BEGIN SOLUTION
    return kl.mean(0).clamp(min=floor).sum()
    ### END SOLUTION


# %%
check(free_bits)

# %%
if solved(free_bits):
    with torch.no_grad():
        m, v = given.trained("v1_z20").enc(x_test)  # (10000, 20) each
    kl = 0.5 * (v + m**2 - 1 - v.log())  # (10000, 20): lesson 02's formula, not yet summed
    for floor in (0.0, 0.5, 1.0, 2.0):
        print(
            f"floor {floor:3.1f}: the loss counts {free_bits(kl, floor):5.2f} nats, the true rate is {kl.sum(1).mean():5.2f}"
        )
else:
    print("Here your term will be compared with the true rate of a trained model.")

# %% [markdown]
# The rate that one *reports* is the true one; only the loss is lifted.
#
# <details><summary>I get the sum over the images instead of their mean</summary>
#
# `kl.mean(0)` comes before the comparison.
# </details>
#
# <details><summary>I get a floor under each image instead of each latent</summary>
#
# An image may say little about a latent, if others say much: average over axis 0 before you compare.
# </details>

# %% [markdown]
# **Think.** Why a floor under each latent, and not one under the whole rate?
#
# <details><summary>Answer</summary>
#
# One busy latent could pay for all, and the others sleep on. (Kingma and others, NeurIPS 2016, put the floor under groups of latents.)
# </details>

# %% [markdown]
# Three models, trained alike for 1,200 steps: plain; with warm-up over the first 600; with free bits, 2 nats for each of 20 latents.

# %% tags=["slide"]
predict("08.floor")

# %% tags=["slide"]
figures.paths()

# %% tags=["slide"]
print(figures.places())

# %% tags=["slide"]
predict("08.floor").was()

# %% [markdown]
# (Left, the first jumps leave the picture.) The plain model, after a jump to the right, gives its $z$ up, nearly, and comes along from the
# left: rate is bought bit by bit. Warm-up comes from the right, where $z$ was cheap, and ends beside it: here there was no
# trap to be saved from. Free bits land near where a weight of about 0.3 leads: **the floor buys rate, and distortion falls along the same
# curve**. The NELBO is the worse for it. (One run each.)
#
# Right, how each spreads its rate. With free bits all twenty latents are used alike, up to the floor, where the plain model leaves some silent.
#
# The last two rows are lesson 04b's models, with smaller hidden layers and longer training: compare them with each other. They differ in
# the decoder alone. The autoregressive one, which sees the pixels before, has a
# smaller rate *and* a smaller distortion. Another decoder has another curve; a weight or a floor only moves along one.

# %% [markdown] tags=["slide"]
# ## What does z know?
#
# Is the rate the number of nats that $z$ knows about the image? Draw an image, then $z$ from $q(z|x)$. Over all images $z$ has the
# density $q(z) = \mathbb E_x[q(z|x)]$, the **aggregate posterior**. What $z$ tells of $x$ is $I$, their **mutual information**:
#
# $$I(x; z) = \mathbb E_x\,\mathrm{KL}\big(q(z|x)\,\|\,q(z)\big),$$
#
# 0 if all images have the same $q$. Put $\log q(z)$ into the rate, and take it out again:
#
# $$R = \mathbb E_x\,\mathbb E_{q(z|x)}\Big[\log \frac{q(z|x)}{q(z)} + \log \frac{q(z)}{p(z)}\Big]
# = I(x; z) + \mathrm{KL}\big(q(z)\,\|\,p(z)\big).$$

# %% [markdown]
# So **the rate is an upper bound** of the information (Hoffman and Johnson, 2016, call this "ELBO surgery"). The difference is paid for
# nothing: $z$ lies, over all images, elsewhere than the prior says. In the Gaussian case above it was the bracket, 0 at $u = 1$.

# %% [markdown]
# {{ exercise rate_derivation }}
#
# **Goal.** Put the derivation in order. Six of the eight lines belong; two look right and are not.
#
# | | line | because |
# | --- | --- | --- |
# | A | $R = \mathbb E_x \mathbb E_{q(z\mid x)}[\log q(z\mid x) - \log q(z)] + \mathbb E_x \mathbb E_{q(z\mid x)}[\log q(z) - \log p(z)]$ | subtract $\log q(z)$ and add it again |
# | B | $\mathbb E_x \mathbb E_{q(z\mid x)}[\log q(z) - \log p(z)] = 0$ | $q(z)$ is the average of $q(z\mid x)$, so that the average of $\log q(z)$ is that of $\log p(z)$ |
# | C | $\mathbb E_x \mathbb E_{q(z\mid x)}[f(z)] = \mathbb E_{q(z)}[f(z)]$ for every $f$ | what $q(z)$ means: draw an image, then $z$ |
# | D | $\mathbb E_x \mathbb E_{q(z\mid x)}[\log q(z) - \log p(z)] = \mathrm{KL}(q(z)\,\Vert\,p(z))$ | $f(z) = \log q(z) - \log p(z)$, and what KL means |
# | E | $R = I(x; z) + \mathrm{KL}(q(z)\,\Vert\,p(z))$ | put in both |
# | F | $R = \mathbb E_x \mathbb E_{q(z\mid x)}[\log q(z\mid x) - \log p(z)]$ | what the rate is: the mean KL to the prior |
# | G | $\mathbb E_x \mathbb E_{q(z\mid x)}[\log q(z\mid x) - \log q(z)] = I(x; z)$ | what mutual information is: the mean KL of $q(z\mid x)$ to its average $q(z)$ |
# | H | $\mathbb E_x \mathbb E_{q(z\mid x)}[\log q(z) - \log p(z)] = \mathrm{KL}(p(z)\,\Vert\,q(z))$ | $f(z) = \log q(z) - \log p(z)$, and what KL means |
#
# **Answer.** A list of six letters, top to bottom.

# %%
rate_derivation = [None] * 6
### BEGIN SOLUTION
rate_derivation = ["F", "A", "C", "D", "G", "E"]
### END SOLUTION

# %%
check(rate_derivation, "rate_derivation")

# %% [markdown]
# <details><summary>I get "comes too early" instead of a pass</summary>
#
# A line that puts something in stands below the line that says what it is.
# </details>

# %% [markdown]
# **Think.** Two encoders have the same rate. One has $q(z) = p(z)$, the other has not. Which of them can copy better?
#
# <details><summary>Answer</summary>
#
# Given a decoder strong enough to be the exact $p(x|z)$, the first: all of its rate is information, while the other pays a part of it for
# lying in the wrong place. (A decoder of independent pixels may not be able to use what $z$ knows.)
# </details>

# %% [markdown] tags=["slide"]
# ### And at least?
#
# $q(z)$ is an average over *all* images: nobody can compute it. Take $K$ images, drawn independently, and their average in its place,
#
# $$\hat q(z) = \frac1K \sum_{j=1}^{K} q(z|x_j), \qquad \hat I_K = \mathbb E\Big[\log \frac{q(z|x_i)}{\hat q(z)}\Big],$$
#
# where $z$ was drawn for the image $x_i$, one of the $K$. Then $I - \hat I_K = \mathbb E[\log \hat q(z) - \log q(z)]$. Which of the $K$
# images $z$ came from makes no difference to the bracket; drawn from any of them, $z$ has the density $\hat q$. So that is
# $\mathbb E\,\mathrm{KL}(\hat q\,\|\,q) \ge 0$: **a lower bound**.

# %% [markdown]
# But $\hat q(z) \ge \frac1K q(z|x_i)$, its own image's share. So $\hat I_K \le \log K$, however much $z$ knows. (With a critic that is
# learned in the place of $q$, this bound is known as InfoNCE; van den Oord and others, 2018. Poole and others, ICML 2019, compare it
# with its relatives.)

# %% [markdown]
# {{ exercise mutual_information_bounds }}
#
# **Goal.** Both bounds from a batch of $K$ images: $\hat I_K$, with one $z$ for each image, and the mean KL to the prior $N(0, I)$.
#
# $$\texttt{lower} = \frac1K \sum_i \Big[\log q(z_i|x_i) - \log \frac1K \sum_j q(z_i|x_j)\Big], \qquad
# \texttt{upper} = \frac1K \sum_i \mathrm{KL}\big(q(z|x_i)\,\|\,N(0, I)\big)$$
#
# **Shapes.** In: `z`, `m`, `v`, each `(K, z_dim)`: row $i$ of `z` was drawn from $N(m_i, v_i)$. Out: a tensor of two numbers in nats,
# `torch.stack([lower, upper])`. Log densities and KLs are summed over the latents; densities are averaged over the images $j$ *inside* the log, all else over $i$.


# %%
def mutual_information_bounds(z, m, v):
    """At least and at most so many nats does z know about the image: (2,), from z, m, v (K, z_dim) each."""
    ### BEGIN SOLUTION
    log_q = log_normal(z.unsqueeze(1), m, v)  # (K, K): z along axis 0, images along axis 1
    lower = (log_q.diagonal() - log_mean_exp(log_q, dim=1)).mean()
    upper = kl_normal(m, v, torch.zeros(1), torch.ones(1)).mean()
    return torch.stack([lower, upper])
    ### END SOLUTION


# %%
check(mutual_information_bounds)

# %%
if solved(mutual_information_bounds):
    print("dimensions   lower    exact    upper      (1,000 images; a Gaussian channel)")
    for dims in (1, 2, 4, 8, 16):
        lower, upper = mutual_information_bounds(*gaussian_channel.draw_codes(1_000, dims, signal=1.5, variance=0.5))
        exact = dims * gaussian_channel.information(1.5, 0.5)
        print(f"{dims:10d}  {lower:6.2f}   {exact:6.2f}   {upper:6.2f}")
else:
    print("Here your bounds will stand beside the exact information of a Gaussian channel.")

# %% [markdown]
# For few dimensions the lower bound is sharp (a bound on average: that of a single batch may lie a little above). For many it stands still at
# $\log 1{,}000 = 6.9$. Here $z$ has the variance 2 over all images, where the prior has 1: so the upper bound lies above, by a KL of
# 0.15 nats in each dimension.
#
# <details><summary>I get a lower bound below 0 instead of above</summary>
#
# The *mean* of the densities, not their sum: `log_mean_exp`, or `logsumexp` less $\log K$.
# </details>
#
# <details><summary>I get one number for each image instead of one for each pair</summary>
#
# `log_normal` sums the last axis of what it is given, which should be `(K, K, z_dim)`: put an axis of length 1 into `z`, behind the first.
# </details>

# %% [markdown]
# **Think.** What does the lower bound say of a batch of one image?
#
# <details><summary>Answer</summary>
#
# 0 nats: its own density is the average. With one image there is nothing to tell apart.
# </details>

# %% [markdown]
# Both bounds for channels of 1 to 12 dimensions. `spread` is the variance of $z$ over all images. At which of its values does the upper bound
# touch?

# %% tags=["slide"]
explore(gaussian_channel.information_and_bounds, spread=(1.0, 0.3, 3.0, 0.1))

# %% [markdown]
# At `spread` 1 the aggregate *is* the prior, and all of the rate is information: nothing is wrong with this channel. Still no thousand
# images can show more than 6.9 nats of it.
#
# Now a real model: `v1_z20`, with 1,000 test images.

# %% tags=["slide"]
predict("08.certify")

# %%
if solved(mutual_information_bounds):
    with torch.no_grad():
        m, v = given.trained("v1_z20").enc(x_test[:1_000])  # (1000, 20) each
        torch.manual_seed(0)
        lower, upper = mutual_information_bounds(sample_gaussian(m, v), m, v)
    print(f"at least {lower:.2f} nats, at most {upper:.2f}")
else:
    lower = None
    print("Here your bounds will be computed for a trained model.")

# %%
predict("08.certify").was(6.91 if lower is None else float(lower))

# %% [markdown]
# Between 6.9 and 25 nats: that is all that these bounds say. (From below, $I \ge H - D$ holds too; but nobody knows $H$.)
#
# Nor does the training set help. Whoever asks *which* of its 60,000 images it was can be told $\log 60{,}000 = 11.0$ nats at most (Hoffman and
# Johnson make this count), and might call the rest of the rate wasted. But that is not $I(x; z)$: the pixels are thrown anew at each step. And a
# perfect channel with a rate of 25 nats would be blamed alike.

# %% [markdown]
# ## Puzzles
#
# Optional. **Half of a sum and a distance** (5 minutes): write `free_bits` once more, without asking which of two numbers is the larger: no
# `clamp`, `maximum`, `relu`, `where` or `softplus`, and no comparison.
#
# Write all of it inside the function: `torch`, `math` and the builtins that compute are there, other names of the notebook are
# not.


# %%
def no_larger(kl, floor):
    """As free_bits, without a maximum in any form."""
    ### BEGIN SOLUTION
    mean = kl.mean(0)
    return (mean + floor + (mean - floor).abs()).sum() / 2
    ### END SOLUTION


# %%
from vae_course import puzzle

puzzle("08.no-larger", no_larger)

# %% [markdown] tags=["slide"]
# ## Summary
#
# * A model is a point: rate $R$ (mean KL) and distortion $D$ (mean `rec`). $R + D$ is the NELBO, at least the entropy of the data.
# * $D + \beta R$ chooses the point where the curve has the slope $-\beta$ (at $R = 0$: is no steeper). For $\beta < 1$ it is no bound.
# * In the linear Gaussian case an axis is given up at a finite price, $\lambda / \sigma^2$.
# * Warm-up changes the way, free bits and $\beta$ the place on one curve; another decoder has another curve.
# * $R = I(x; z) + \mathrm{KL}(q(z)\,\|\,p(z))$. From $K$ images no more than $\log K$ nats of $I$ can be shown.

# %% [markdown]
# ## Check your progress

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | a loss far below every NELBO in the table | its $\beta$ is below 1: no bound. Add up `kl` and `rec` |
# | the same rate for every $\beta$ | the weight does not reach the loss, or its gradient |
# | $R = 0$ for a moderate $\beta$ | `rec` is averaged over pixels somewhere, so that the weight is 784 times as large |
# | a lower bound of exactly $\log K$ | the batch is too small to say more |
# | a lower bound above the upper one | a single batch, and little between the two: they are bounds on average. By much: log densities summed over the wrong axis |
#
# **Group task** (rooms, 10 minutes). Each pair trains with another $\beta$ for 600 steps and puts its point on the blackboard. Where does
# the curve for 600 steps lie, beside that for 1,200? Whose NELBO is best, and is that the pair with the best samples?

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, ten minutes: the plane with its edges, and what lies on each; the line of slope $-\beta$, and why it touches;
# the water level and the two axes; the rate, split in two; why $\hat I_K$ is a lower bound, and why it stops at $\log K$. Then compare.

# %% [markdown]
# ## Further reading
#
# * A. Alemi et al., *Fixing a Broken ELBO*, ICML 2018: the plane of rate and distortion, and many models on it.
# * I. Higgins et al., *β-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework*, ICLR 2017.
# * M. Hoffman, M. Johnson, *ELBO surgery: yet another way to carve up the variational evidence lower bound*, NeurIPS workshop 2016.
# * B. Poole et al., *On Variational Bounds of Mutual Information*, ICML 2019: what can be shown, and what it costs.
