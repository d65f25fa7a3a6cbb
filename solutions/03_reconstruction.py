# %% [markdown] tags=["slide"]
# # 03 · Reconstruction
#
# The decoder of a VAE paints an image in probabilities. How good is such a painting? Here is the simplest model of digits that
# has learned anything: 784 numbers, one for each pixel, and no network.

# %% tags=["slide"]
import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from vae_course import binarize, check, hint, load_mnist, predict, progress, puzzle, solution, solved
from vae_course.figures import reconstruction as figures
from vae_course.figures import side_by_side
from vae_course.figures.digits import images_in_rows
from vae_course.figures.widgets import explore

train, test = load_mnist("train"), load_mnist("test")
share = (train.images.float().mean(dim=0) / 255).clamp(0.001, 0.999)  # (784,): how often each pixel is ink
seven = binarize(test.images[:1], generator=torch.Generator().manual_seed(0))[0]  # (784,) of 0 and 1
figures.mean_pixel_model(share, seven)

# %% [markdown]
# Left to right: the model, an image drawn from it, a test image, and what each pixel of that image costs the model. How does one
# put a price on a painting, and why is this price the one that counts?
#
# **Who uses it?** Language models are trained by the same price, $-\log p$, with words in place of pixels (Bengio and others, *A
# Neural Probabilistic Language Model*, JMLR 2003).

# %% [markdown]
# ## What you will build
#
# Two short functions, `log_bernoulli_with_logits` and `log_mean_exp`. The first takes our running number from −543.4 to about
# −206 nats per image. After this lesson you can
#
# * derive an image's log-likelihood from logits, and say what it has to do with "binary cross-entropy";
# * say what is claimed with dynamically binarized, statically binarized and grey pixels;
# * average numbers that exist only as logarithms;
# * explain what a single `.mean` in the wrong place does to a VAE.

# %% [markdown]
# ## Before you start
#
# About 90 minutes: 55 of reading and playing, 35 of exercises; the optional one takes 8 more. **Short path** (workshop, 30
# minutes): run the cells in turn, and read up to exercise 3.1 and the mean-pixel model, then the summary.
#
# You need: Python, tensors, logarithms. From lesson 02: surprise is $-\log P$, in nats; logs of independent parts add up.
#
# | here | in many papers | meaning |
# | --- | --- | --- |
# | `x`, $x_i$ | the same | an image of 784 pixels; pixel $i$ is 1 (ink) or 0 (paper) |
# | $p_i$ | $\mu_i$, $\theta_i$ | the model's probability that pixel $i$ is ink |
# | `logits`, $a_i$ | the same | the log-odds, $a_i = \log\frac{p_i}{1 - p_i}$ |
# | `rec` | "reconstruction loss", BCE | $-\mathbb E_q[\log p(x\mid z)]$, in nats, summed over pixels; estimated by one draw of $z$ as $-\log p(x\mid z)$ |

# %% [markdown]
# ## Warm-up
#
# Three questions on lesson 02. Answer aloud before you open the answers.
#
# 1. What is $\mathrm{KL}(q\,\|\,p)$ for $q = N(1, 1)$ and $p = N(0, 1)$, in nats?
# 2. Is a *negative* estimate of a KL from one draw a bug? (Full path.)
# 3. A KL in 20 dimensions was computed with `.mean(-1)`. By what factor is it wrong?
#
# <details><summary>Answers</summary>
#
# 1. ½: only the means differ, by one standard deviation, $\tfrac12 \cdot 1^2 / 1$.
# 2. No: about 31 % of the one-draw estimates are negative in that example. Their average is the KL.
# 3. 20 times too small. Independent dimensions add up.
# </details>

# %% [markdown]
# ## An image is 784 coins
#
# MNIST has grey pixels, from 0 (paper) to 255 (ink). We want coins that show ink (1) or paper (0), so we *draw*: a pixel with 200
# of 255 parts of ink becomes 1 with probability 200/255. That is what `binarize` does.

# %% tags=["slide"]
grey = test.images[:8].float() / 255  # (8, 784), 0 is paper, 1 is ink
black_and_white = binarize(test.images[:8], generator=torch.Generator().manual_seed(0))
again = binarize(test.images[:8], generator=torch.Generator().manual_seed(1))
print(f"neither ink nor paper: {((test.images > 0) & (test.images < 255)).float().mean():.0%} of all pixels")
images_in_rows({"as photographed": grey, "one draw": black_and_white, "another draw": again})

# %% [markdown]
# Two draws of one image differ at the soft edges of its strokes, where the grey is. Pure ink and pure paper stay.

# %% [markdown] tags=["slide"]
# ## One coin
#
# The model says: ink with probability $p$, paper with probability $1 - p$. One formula for both (an exponent of 0 makes a factor
# 1):
#
# $$P(x) = p^{\,x}\,(1 - p)^{1 - x}, \qquad \log P(x) = x \log p + (1 - x)\log(1 - p).$$
#
# This is the **Bernoulli** distribution. Given $z$, our decoder's pixels are independent coins, so their logs add up:
#
# $$\log p(x\mid z) = \sum_{i=1}^{784} \big[x_i \log p_i + (1 - x_i)\log(1 - p_i)\big].$$
#
# With a minus sign this is the "binary cross-entropy" (BCE) of the libraries. **BCE, summed over the pixels, is the surprise of
# the model in nats**: not one loss among many, but what "maximum likelihood" means for coins.

# %% [markdown] tags=["slide"]
# ## Logits
#
# A network's last layer returns any number $a$; a probability lies between 0 and 1. So let $a$ be the **log-odds** (or logit):
#
# $$a = \log\frac{p}{1 - p} \quad\Longleftrightarrow\quad p = \frac{1}{1 + e^{-a}} = \mathrm{sigmoid}(a).$$
#
# $a = 0$ is "no idea", $p = \tfrac12$; each step of 1 in $a$ multiplies the odds by $e$. Multiply the fraction by $e^a / e^a$:
# then $p = \frac{e^a}{1 + e^a}$ and $1 - p = \frac{1}{1 + e^a}$, so
#
# $$\log p = a - \log(1 + e^a), \qquad \log(1 - p) = -\log(1 + e^a).$$
#
# Neither a sigmoid nor a logarithm of a small number is left, and that will matter. $\log(1 + e^a)$ is called **softplus**;
# torch's `softplus(a)` computes it without ever forming a huge $e^a$.

# %% [markdown]
# One step remains, and it is yours: weigh the two with $x$ and $1 - x$.
#
# *Predict first* (pencil): the model is sure of ink, $a = 6$, and the pixel is paper. What does it cost, roughly? And if it is
# ink?

# %% [markdown] tags=["slide"]
# {{ exercise log_bernoulli_with_logits }}
#
# **Goal.** The log-likelihood of images whose pixels are independent coins, one number per image.
#
# $$\log p(x) = \sum_i \big[x_i \log p_i + (1 - x_i)\log(1 - p_i)\big] \qquad\text{where}\quad \log\frac{p_i}{1 - p_i} = a_i$$
#
# **Shapes.** In: `x` and `logits`, both `(batch, dim)`, or both with more axes in front. The pixels lie in [0, 1]; grey ones are
# allowed too, the formula does not mind. Out: `(batch,)`. The last axis is summed; the batch is not averaged. One point each:
# gradients in the logits, and a right, finite value (with a finite gradient) for logits of ±10,000.


# %%
def log_bernoulli_with_logits(x, logits):
    """log p(x) of independent pixels in nats, summed over the last axis.

    x: (..., dim) in [0, 1]; logits: (..., dim). Returns (...,).
    """
    ### BEGIN SOLUTION
    each = x * logits - softplus(logits)  # (..., dim)
    return each.sum(dim=-1)  # (...,)
    ### END SOLUTION


# %%
check(log_bernoulli_with_logits)

# %%
if solved(log_bernoulli_with_logits):
    a = torch.linspace(-6, 6, 25)
    ink = log_bernoulli_with_logits(torch.ones(25, 1), a[:, None])  # (25,): 25 images of one pixel
    paper = log_bernoulli_with_logits(torch.zeros(25, 1), a[:, None])
    figures.pixel_cost_beside_target(a, ink, paper)
else:
    print("When log_bernoulli_with_logits passes its check, your values appear on these curves.")
    figures.pixel_cost_beside_target(None, None, None)

# %% [markdown]
# Being right is cheap, no idea costs $\log 2 = 0.69$ nats, and being sure and wrong costs as much as the logit is large: at
# $a = 6$ about 6 nats for paper, and 0.002 for ink.
#
# <details><summary>The last step, to compare with yours</summary>
#
# $\log(1 + e^a)$ appears in both logarithms, with weights $x$ and $1 - x$ that add up to 1:
#
# $$x \log p + (1 - x) \log(1 - p) = x\,a - \log(1 + e^a), \qquad \log p(x) = \sum_i \big[x_i\,a_i - \log(1 + e^{a_i})\big].$$
# </details>
#
# <details><summary>I get positive numbers instead of negative ones</summary>
#
# Losses are $-\log p$. Asked is $\log p$.
# </details>
#
# <details><summary>I get one small number instead of one per image</summary>
#
# torch's losses average over everything unless told otherwise: `reduction="none"`, then sum the last axis.
# </details>
#
# <details><summary>I get −inf, nan or −100 instead of a finite price for a large logit</summary>
#
# Somewhere you form $p$ and take a logarithm. Stay with the logits.
# </details>
#
# <details><summary>I get an error about the support instead of a value</summary>
#
# `torch.distributions.Bernoulli` refuses grey pixels, unless you pass `validate_args=False`.
# </details>

# %% [markdown]
# **Think.** The slope of the cost in $a$ is $\mathrm{sigmoid}(a) - x = p - x$. What does that say about training?
#
# <details><summary>Answer</summary>
#
# The push on each logit is simply the error, prediction minus truth: at most 1 in size, so never an explosion, and no vanishing
# while the model is wrong. For $-\log p$ and the sigmoid taken one after the other the chain rule multiplies $1/p$ by $p(1 - p)$:
# on paper the same, in float32 not ("The float32 edge", below).
# </details>

# %% [markdown]
# ## The same as torch's BCE?
#
# Same formula, other sign, and the sum has to be asked for. For each image, your log-likelihood and torch's summed BCE should add
# up to 0.

# %%
if solved(log_bernoulli_with_logits):
    logits = torch.randn(8, 784, generator=torch.Generator().manual_seed(2))
    bce = binary_cross_entropy_with_logits(logits, black_and_white, reduction="none")  # (8, 784)
    mine = log_bernoulli_with_logits(black_and_white, logits)  # (8,)
    print("largest difference:", round((mine + bce.sum(dim=1)).abs().max().item(), 3))
else:
    print("Here your function will be compared with torch's.")

# %% [markdown]
# ## The first model that learned something
#
# Our progress card has so far shown a model that has no idea: $p_i = \tfrac12$ for all pixels. The simplest improvement is the
# model at the top of this lesson: for each pixel, how often it is ink in the training images (50,000; those held back as "valid"
# are not among them). Over many draws a pixel is ink in a share equal to its grey value, so the mean grey value over the images
# is that share: nothing needs to be drawn.
#
# Pixels in the corners were never ink in training. $p = 0$ would make a speck of ink infinitely surprising, so we keep every $p$
# between 0.001 and 0.999.
#
# <details><summary>Is the share the best choice of p?</summary>
#
# The log-likelihood of a pixel that is ink in a share $s$ of the images is $s \log p + (1 - s)\log(1 - p)$ on average; its slope
# $s/p - (1 - s)/(1 - p)$ is 0 at $p = s$. Yes.
# </details>

# %%
p = (train.images.float().mean(dim=0) / 255).clamp(0.001, 0.999)  # (784,)
x = binarize(test.images, generator=torch.Generator().manual_seed(0))  # (10000, 784)

# %% [markdown]
# Look at the first picture again. The model knows where ink tends to be, and nothing else. Its draws are clouds: each pixel
# decides alone, and nothing says that strokes are connected. On the right, what surprised it is dark: ink at the edge of the
# cloud. Paper in the middle is no great surprise: even there $p$ is hardly more than ½.

# %% tags=["slide"]
if solved(log_bernoulli_with_logits):
    nats = -log_bernoulli_with_logits(x, torch.logit(p).expand_as(x)).mean().item()
    print(f"mean-pixel model: {nats:.1f} nats per test image")
else:
    nats = None
    print("Here your function will say how many nats this model needs per image.")

# %% [markdown]
# From 543.4 to about 206 nats per image, with nothing but counting. (206 is the average of all test images; the 7 at the top
# costs 183.) What a latent variable adds is to let the pixels *agree with each other*; a good VAE gets below 100 (the one of
# lesson 00: 93).

# %% [markdown] tags=["slide"]
# **What does a smaller price mean?** Let $p_{\text{data}}$ be the distribution that images really come from, $H$ its entropy,
# $\mathbb E[-\log p_{\text{data}}(x)]$, and $\theta$ the model's parameters. Add and subtract $\log p_{\text{data}}(x)$ in the mean price:
#
# $$\mathbb E_{p_{\text{data}}}\big[-\log p_\theta(x)\big] = H(p_{\text{data}}) + \mathrm{KL}\big(p_{\text{data}}\,\|\,p_\theta\big).$$
#
# No model can change $H$. So to lower the price is to lower the KL from the world to the model: that is *maximum likelihood*.

# %% [markdown] tags=["slide"]
# ## Black and white, drawn or rounded, or grey?
#
# What exactly are the model's data? There are three habits, and their numbers must not be compared.
#
# * **dynamic**: draw the pixels anew each time an image is used. The data are all black-and-white versions of it, and the nats an
#   average over them. The noise also keeps a network from learning images by heart. This course does it.
# * **static**: make one version of each image, once and for all, by one draw or by rounding at ½. Also an honest likelihood, of
#   *other* data.
# * **grey**: put the grey value itself into the formula as $x$. It trains, and the loss looks like nats. But what does it claim?

# %% tags=["slide"]
predict("03.knower")

# %% tags=["slide"]
greys = test.images.double() / 255
perfect = -torch.xlogy(greys, greys) - torch.xlogy(1 - greys, 1 - greys)  # (10000, 784)
print(f"still {perfect.sum(dim=1).mean():.1f} nats per image")

# %% tags=["slide"]
predict("03.knower").was(perfect.sum(dim=1).mean().item())

# %% [markdown] tags=["slide"]
# And the grey habit? Probabilities must add up to 1; for black and white, $p + (1 - p) = 1$. For grey $x$ between 0 and 1 one
# integrates: with $p^x (1-p)^{1-x} = (1 - p)\,e^{a x}$ and $\int_0^1 e^{ax}\,dx = (e^a - 1)/a$,
#
# $$\int_0^1 p^{\,x} (1 - p)^{1 - x}\,dx = (1 - p)\,\frac{e^a - 1}{a} = \frac{2p - 1}{a} \qquad (\tfrac12 \text{ at } p = \tfrac12).$$

# %%
for probability in (0.5001, 0.8, 0.99, 0.9999):
    total = (2 * probability - 1) / torch.logit(torch.tensor(probability, dtype=torch.float64))
    print(f"p = {probability:<6g}: the 'density' adds up to {total:.2f}")

# %% [markdown] tags=["slide"]
# Never 1, and the less so the surer the model is. **BCE on grey pixels is a usable loss, and no likelihood of the grey image.** (It is
# the mean price of the image's black-and-white draws, for a $z$ that was chosen by the grey ones. With the missing factor it is the
# *continuous Bernoulli*; see further reading.)
#
# | habit | the data are, for one image | the number claims |
# | --- | --- | --- |
# | dynamic | all versions, weighted (coins: one throw at one use, another at the next) | nats per image, averaged over the draws |
# | static | one version each (coins: always the same throw, or rounded) | nats per image, of these very versions |
# | grey | a grey value between 0 and 1 | nothing; it is a loss |

# %% [markdown] tags=["slide"]
# ## Stay in log space
#
# Lesson 05 will average the *probabilities* of an image under $k$ different $z$. Each is $e^{-100}$ if all goes well, so they and
# their average are known only as logarithms:
#
# $$\mathrm{log\_mean\_exp}(x_1, \dots, x_k) = \log\Big(\frac1k \sum_{j=1}^k e^{x_j}\Big).$$
#
# Take three log probabilities, −1000, −1001 and −999. Their log-mean-exp must lie between −1001 and −999.

# %% tags=["slide"]
predict("03.float32")

# %% tags=["slide"]
logs = torch.tensor([-1000.0, -1001.0, -999.0])
print("exp, mean, log:", logs.exp().mean().log().item())

# %% tags=["slide"]
predict("03.float32").was()

# %% [markdown] tags=["slide"]
# The cure is one line of algebra, for any number $c$:
#
# $$\log \sum_j e^{x_j} = \log\Big(e^c \sum_j e^{x_j - c}\Big) = c + \log \sum_j e^{x_j - c}.$$
#
# Two things are yours: a $c$ with which nothing overflows, and what underflows is too small to matter; and the way from the sum
# to the mean.

# %% [markdown] tags=["slide"]
# {{ exercise log_mean_exp }}
#
# **Goal.** The logarithm of the mean of $e^x$ along one axis, for inputs of any size.
#
# The result $y$ is the number that could stand in place of each of the $k$ entries:
#
# $$k\,e^{\,y} = \sum_{j=1}^{k} e^{x_j}$$
#
# **Shapes.** In: `x` of any shape; `dim`, the number of the axis with the $k$ entries. Out: the shape of `x` without that axis.
# The exponentials are averaged along `dim`; all other axes stay. Gradients pass, and inputs of ±1,000 occur.


# %%
def log_mean_exp(x, dim):
    """log of the mean of exp(x) along axis dim, which is removed; no overflow."""
    ### BEGIN SOLUTION
    k = x.shape[dim]
    return torch.logsumexp(x, dim=dim) - math.log(k)
    ### END SOLUTION


# %%
check(log_mean_exp)

# %%
if solved(log_mean_exp):
    a = torch.linspace(-4, 8, 25)
    pairs = torch.stack([torch.zeros(25), a])  # (2, 25): the pairs (0, a)
    print(f"log-mean-exp of (−1000, −1001, −999): {log_mean_exp(torch.tensor([-1000.0, -1001.0, -999.0]), dim=0):.2f}")
    figures.log_mean_exp_beside_target(a, log_mean_exp(pairs, dim=0))
else:
    print("When log_mean_exp passes its check, your values appear on the dashed curve.")
    figures.log_mean_exp_beside_target(None, None)

# %% [markdown]
# The log-mean-exp lies between the mean and the maximum. Where the two entries are similar it follows the mean; where one is far
# ahead it follows the maximum, $\log 2$ below: the best of the two is all that counts, and it is shared by two.
#
# For lessons 04 and 05, remember the lower side: the log of a mean is at least the mean of the logs (**Jensen's inequality**).
#
# <details><summary>Why, and an example with a pencil</summary>
#
# The logarithm is a curve that bends down, so the chord between two of its points lies below it. Take two weights, 1 and 3. The
# mean of their logs is $\tfrac12 \log 3 = 0.549$; the log of their mean is $\log 2 = 0.693$.
# </details>
#
# <details><summary>The two steps, to compare with yours</summary>
#
# Choose $c = \max_j x_j$. Then the largest exponential is exactly 1, nothing overflows, and what underflows is too small to
# matter. Dividing by $k$ is $-\log k$ in log space. (`torch.logsumexp` is the first two terms.)
#
# $$y = c + \log \sum_j e^{x_j - c} - \log k$$
# </details>
#
# <details><summary>I get values above the maximum instead of below it</summary>
#
# That is the log of the *sum*. Subtract $\log k$.
# </details>
#
# <details><summary>I get inf or −inf instead of about ±1000</summary>
#
# The exponential came before the maximum was taken off. Each row needs its own maximum: `x.amax(dim, keepdim=True)`.
# </details>
#
# <details><summary>I get the wrong shape instead of one axis less</summary>
#
# The maximum keeps its axis (so that it broadcasts) and has to lose it in the end: `.squeeze(dim)`, never a bare `.squeeze()`.
# </details>

# %% [markdown]
# **Think.** A hundred log probabilities: one is −90, all others are about −150. What is their log-mean-exp, nearly? What would
# change if the other 99 were −200?
#
# <details><summary>Answer</summary>
#
# $-90 - \log 100 = -94.6$, and nothing would change. One good sample carries the whole average: lesson 05 calls this a small
# *effective sample size*.
# </details>

# %% [markdown] tags=["slide"]
# ## Three numbers
#
# Take a pencil. `uniform` you met at the end of lesson 00; ink or paper, each pixel costs the same.
#
# *For `edge logit`:* float32 keeps 24 binary digits. Near 1, the next larger number is $1 + 2^{-23}$, and what lies half-way,
# $1 + 2^{-24}$, is rounded to 1. The sigmoid is computed as $1 / (1 + e^{-a})$. So from some logit $a$ on, $1 + e^{-a}$ is 1, $p$
# is 1, and $1 - p$ is 0.
#
# *For `beta`:* the loss of a VAE is $\mathrm{kl} + \mathrm{rec}$ (lesson 04). Somebody averages rec over the 784 pixels instead
# of summing it. A constant factor of a whole loss does not move its minimum, so this is the same as training with
# $\beta \cdot \mathrm{kl} + \mathrm{rec}$ for some $\beta$.

# %% [markdown]
# {{ exercise predict_pixels }}
#
# **Goal.** Three numbers to know by heart.
#
# * `"uniform"`: the cost, in nats, of a black-and-white image of 784 pixels for a model that says ½ everywhere;
# * `"edge logit"`: the logit from which on float32 computes $p = 1$;
# * `"beta"`: the $\beta$ of the one who averages over pixels.
#
# **Answer.** A dictionary of three numbers, right to 1 %. Formulas with `math.log` are welcome.

# %%
predict_pixels = {"uniform": None, "edge logit": None, "beta": None}
### BEGIN SOLUTION
predict_pixels = {"uniform": 784 * math.log(2), "edge logit": 24 * math.log(2), "beta": 784}
### END SOLUTION

# %%
check(predict_pixels, "predict_pixels")

# %% [markdown]
# <details><summary>I get 24 instead of the edge</summary>
#
# 24 binary digits: $e^{-a} = 2^{-24}$. Solve for $a$.
# </details>
#
# <details><summary>I get 1/784 instead of β</summary>
#
# $\mathrm{kl} + \mathrm{rec}/784$: multiply by 784 so that rec stands alone. What stands before kl now?
# </details>

# %% [markdown]
# **Think.** In float64 (53 binary digits), where is the edge? Does that cure the problem?
#
# <details><summary>Answer</summary>
#
# $53 \log 2 = 36.7$. It moves the edge and cures nothing: a network that is sure reaches 37 too. Logits cure it.
# </details>

# %% [markdown] tags=["slide"]
# ## The float32 edge
#
# A pixel is paper, the model says ink, and its logit $a$ grows. In truth this costs $a$ nats, and the push back has slope 1.
#
# *Predict first*: what becomes of the *naive* loss $-\log(1 - p)$ as the slider passes your edge logit? And of its slope, the
# only thing that training sees?

# %% tags=["slide"]
explore(figures.float32_edge, logit=(12.0, 10.0, 20.0, 0.1))

# %% [markdown]
# Left, the naive cost leaves the dashed line in steps, and ends at the edge. Right, the slope by torch's own loss drops there
# from 1 to 0. From the logit (dashed) both go on. (`backward()` does not see the steps: by the chain rule it multiplies $1/(1 - p)$
# by $p\,(1 - p)$, both from the rounded $p$, and that stays near 1 until $1 - p$ is 0.)
#
# In numbers: "slope" is what `loss.backward()` returns; "torch's" is `binary_cross_entropy` of $p$, which replaces every
# logarithm below −100 by −100.

# %%
for a in (15.0, 16.0, 16.6, 16.7):
    loss, slope = figures.naive_loss(a)
    own, slope_of_own = figures.torchs_loss(a)
    print(
        f"logit {a}: naive cost {loss:5.2f} nats, slope {slope:3.0f};  torch's {own:6.2f}, slope {slope_of_own:.0f};"
        f"  true cost {a:.2f}, slope 1"
    )

# %% [markdown]
# The naive cost freezes at $23 \log 2 = 15.94$; at the edge it is infinite, and its slope `nan` ("not a number": the chain rule
# multiplied ∞ by 0). Torch's cost jumps to 100 and its slope is **0**, for the cap is a constant: the model is no longer
# corrected for its worst pixels. The function that you wrote is a straight line.

# %% [markdown] tags=["slide"]
# ## One `.mean`, three models
#
# Now the third number, live. Three VAEs, equal to the last digit of their seed, differ by one `.mean` in the loss. Each is
# trained for 200 steps with the loop of lesson 04 (there, thousands); then both terms are printed for 1,000 training images,
# summed as they should be. It takes up to half a minute on an idle laptop, and prints nothing until the end.
#
# *Predict first*: which one will use its latent variable too little, which too much, and how will you see it?

# %% tags=["nbval-ignore-output", "slide"]
three = side_by_side.train_three(train)
for name, (_, kl, rec) in three.items():
    print(f"{name:27s} KL {kl:5.1f}   rec {rec:6.1f}   together {kl + rec:6.1f} nats")
side_by_side.one_mean(three, black_and_white)

# %%
right, pixels, latents = three.values()
assert pixels[1] < 0.1, "with a mean over pixels the KL collapses"
assert latents[1] > 2 * right[1], "with a mean over latents the KL is nearly free"

# %% [markdown]
# Averaged over pixels (β = 784) the KL is 0.0 after these 200 steps: the latent variable carries *nothing*, and every image is
# painted as the same mean digit, for about the 206 nats of the mean-pixel model. Averaged over latents (β = 1/20) the paintings
# are sharpest, and the KL so large that the honest price, the sum of both, is worse than the right model's. No error and no
# warning in any of the three.
#
# **Sum over pixels, sum over latents, average over the batch only.**

# %% [markdown]
# ## Say it again
#
# The coin and its logit were a while ago. Recall the way from there to a cost that a program can compute for any logit. (Optional;
# its last step is new.)

# %% [markdown]
# {{ exercise softplus_derivation }}
#
# **Goal.** One pixel $x$, and its logit $a$. Put the derivation in order that ends on the cost $-\log P(x)$, with nothing in it that
# overflows. Seven of the ten lines belong; three look right and are not. A line uses only what stands above it. Two lines that do
# not need each other may stand either way round.
#
# | | line | because |
# | --- | --- | --- |
# | A | $\log(1 - p) = -\log(1 + e^a)$ | the log of a fraction, and $\log 1 = 0$ |
# | B | $\log(1 + e^a) = \max(a, 0) + \log(1 + e^{-\lvert a\rvert})$ | take the larger of $1$ and $e^a$ out of the sum |
# | C | $p = e^a / (1 + e^a)$, $\;1 - p = 1 / (1 + e^a)$ | the sigmoid, and what is left of 1 |
# | D | $\log P(x) = x\,a - (1 - x) \log(1 + e^a)$ | weigh the two logs with $x$ and $1 - x$ |
# | E | $-\log P(x) = \max(a, 0) - x\,a + \log(1 + e^{-\lvert a\rvert})$ | the other sign, and no exponential above 1 |
# | F | $\log P(x) = x \log p + (1 - x) \log(1 - p)$ | a coin that shows ink with probability $p$ |
# | G | $\log(1 + e^a) = \max(a, 0)$ | the smaller of $1$ and $e^a$ does not count |
# | H | $\log P(x) = x\,a - \log(1 + e^a)$ | weigh the two logs with $x$ and $1 - x$, which add up to 1 |
# | I | $\log p = a - \log(1 + e^a)$ | the log of a fraction, and $\log e^a = a$ |
# | J | $\log(1 - p) = \log(1 + e^a) - a$ | $\log 1 - \log p$, and $\log 1 = 0$ |
#
# **Answer.** A list of seven letters, top to bottom.

# %%
softplus_derivation = [None] * 7
### BEGIN SOLUTION
softplus_derivation = ["F", "C", "I", "A", "H", "B", "E"]
### END SOLUTION

# %%
check(softplus_derivation, "softplus_derivation")

# %% [markdown]
# <details><summary>I get "comes too early" instead of a pass, though all seven lines belong</summary>
#
# Take that line's reason and ask what it works on: which fraction, which two logs? Another line has made them, and it goes above.
# </details>

# %% [markdown]
# **Think.** Why can no exponential in line E overflow? And what should a program do with the 1 beside a tiny one?
#
# <details><summary>Answer</summary>
#
# $-|a|$ is never above 0, so $e^{-|a|}$ is at most 1. Where it is tiny, $1 + e^{-|a|}$ is rounded to 1 and its log to 0. `log1p(t)`
# computes $\log(1 + t)$ without forming $1 + t$.
# </details>

# %% [markdown]
# ## Puzzles
#
# Optional, about 25 minutes, no points: an exercise once more under a rule about how it is *written*, or a weak test for you to break.
# `puzzle(...)` looks at the rule and at the exercise's own check, and compares lengths: each call, operator and subscript is one operation.
#
# Write all of it inside the function: `torch`, `math` and the builtins that compute are there, other names of the notebook are
# not.

# %% [markdown]
# ### Without softplus
#
# Write `log_bernoulli_with_logits` without softplus, logsigmoid and cross-entropy, and without `torch.distributions`, whose Bernoulli calls
# one; right for all logits up to ±10,000. What is 1 as an exponential?


# %%
def log_bernoulli_without_softplus(x, logits):
    """log p(x) of independent pixels, as in exercise 3.1."""
    ### BEGIN SOLUTION
    return (x * logits - torch.logaddexp(logits, torch.zeros_like(logits))).sum(-1)
    ### END SOLUTION


# %%
puzzle("03.no-softplus", log_bernoulli_without_softplus)

# %% [markdown]
# ### In one line
#
# Write `log_mean_exp` in one line: a single `return`, with nothing before it and no `:=` in it. PyTorch's `logsumexp` and its relatives
# (`logaddexp`, `softmax`) are not allowed, and ±1,000 still has to come out right.


# %%
def log_mean_exp_in_one_line(x, dim):
    """log of the mean of exp(x) along dim, as in exercise 3.2."""
    ### BEGIN SOLUTION
    return (x - x.amax(dim, keepdim=True)).exp().mean(dim).log() + x.amax(dim)
    ### END SOLUTION


# %%
puzzle("03.one-line", log_mean_exp_in_one_line)

# %% [markdown]
# ### Break the test
#
# Somebody tests `log_bernoulli_with_logits` with chances that one can multiply by head:


# %%
def weak_test_of_log_bernoulli(log_bernoulli_with_logits):
    x = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    odds = torch.tensor([[1.0, 1.0, 3.0], [3.0, 1.0, 1 / 3]])  # p / (1 - p), so p is 1/2, 1/2, 3/4 and 3/4, 1/2, 1/4
    right = torch.tensor([1 / 2 * 1 / 2 * 3 / 4, 1 / 4 * 1 / 2 * 1 / 4]).log()
    assert torch.allclose(log_bernoulli_with_logits(x, odds.log()), right, atol=1e-4)


# %% [markdown]
# Hand in a *wrong* function that this test accepts. Your function must run for every shape that the exercise asks; it may use what
# the notebook has. The check of exercise 3.1 then says what is wrong with it.


# %%
def wrong_log_bernoulli(x, logits):
    """Wrong, and the test above accepts it."""
    ### BEGIN SOLUTION
    p = torch.sigmoid(logits)
    return torch.where(x == 1, p, 1 - p).log().sum(-1)
    ### END SOLUTION


# %%
puzzle("03.break-calm", wrong_log_bernoulli)

# %% [markdown] tags=["slide"]
# ## Summary
#
# * A pixel is a coin: $\log p(x) = \sum_i [x_i a_i - \mathrm{softplus}(a_i)]$ with logits $a_i$. Its negative is the BCE, summed
#   over pixels.
# * Never form $p$ on the way to $\log p$: float32 gives up at a logit of $24 \log 2$.
# * (Full path, with the next two.) Dynamic and static binarization are honest likelihoods of different data; BCE on grey pixels is a loss, not a likelihood.
# * `log_mean_exp`: take off the maximum, put it back, subtract $\log k$.
# * A mean over pixels is β = 784, and the latent variable dies.

# %% [markdown]
# ## Check your progress

# %%
progress(nats=nats)

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | a loss around 0.26 instead of 206 | the mean over pixels: 206 / 784 |
# | `Target size must be the same as input size` | torch's BCE wants equal shapes: flatten the images to `(batch, 784)` |
# | `nan` from the first step | the logarithm of a logit: logits were taken for probabilities |
# | a cost that never exceeds 100 per pixel | torch's `binary_cross_entropy` clamps the log at −100: probabilities were formed |
# | values hardly depend on the logits | the sigmoid was applied twice |
# | 45 nats that no model gets rid of | the price of drawing grey pixels: nothing is wrong |
#
# **Group task** (rooms, 10 minutes). Each group finds a VAE on the internet and answers from its code: are the pixels drawn,
# rounded or grey? Summed or averaged? From p or from logits? What is its β, then?

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, six minutes: the log probability of a coin; the definition of the logit; the way from there to
# $x a - \mathrm{softplus}(a)$; the shift by the maximum; the three numbers. Then compare. What was missing goes onto tomorrow's
# page.

# %% [markdown]
# ## Further reading
#
# * C. Bishop, *Pattern Recognition and Machine Learning*, section 4.3.4: cross-entropy as the likelihood of coins.
# * Y. Burda, R. Grosse, R. Salakhutdinov, *Importance Weighted Autoencoders*, ICLR 2016: dynamic binarization, and numbers like
#   ours.
# * G. Loaiza-Ganem, J. Cunningham, *The Continuous Bernoulli*, NeurIPS 2019: grey pixels in the BCE, and the missing factor.
# * D. Goldberg, *What Every Computer Scientist Should Know About Floating-Point Arithmetic*, 1991: where edges like 24 log 2 come
#   from.
# * P. Blanchard, D. Higham, N. Higham, *Accurately computing the log-sum-exp and softmax functions*, 2021: why the shift is
#   accurate, too.
#
# Next: [04 · The NELBO](04_nelbo.ipynb).
