# %% [markdown] tags=["slide"]
# # 05 · The importance-weighted bound
#
# The ELBO lies below $\log p(x)$, and nobody tells you by how much. This lesson buys the missing nats back: draw several $z$ for
# each image, and let the better ones speak louder. Run the cell, and move the slider through twenty digits.

# %% tags=["slide"]
import math

import torch

from vae_course import binarize, check, evaluate, given, hint, load_mnist, predict, progress, puzzle, solution, solved
from vae_course.figures import iwae as figures
from vae_course.figures import iwae_digits
from vae_course.figures.widgets import explore
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_mean_exp, log_normal, sample_gaussian

flat = given.trained("v1_z2")  # two latent dimensions: a plane
images = load_mnist("test").images
x = binarize(images[:20], generator=torch.Generator().manual_seed(1))  # (20, 784), zeros and ones
exact = iwae_digits.exact_log_p(flat, x)  # (20,)


def draws_of_one(digit):
    iwae_digits.posterior_and_draws(flat, x[digit], exact[digit].item())


explore(draws_of_one, digit=(1, 0, 19, 1))

# %% [markdown]
# Left, 100 draws from the encoder's $q$ (ellipses: one and two standard deviations), over the exact posterior (shaded); right the
# same draws, each as big as its worth to the model. (How many "count" is a number that you compute below.) How is that worth computed, and how many of the missing nats does it buy back?
#
# **Who uses it?** Weighted draws fill holes in data: MIWAE learned digits from images with half of their pixels missing (Mattei and
# Frellsen, ICML 2019).

# %% [markdown]
# ## What you will build
#
# `log_weights(model, x, iw)`, which draws `iw` times from the encoder's distribution and says how much each draw is worth; from it
# `negative_iwae_bound(x, iw)`, the bound of the *importance-weighted autoencoder*; and a count of the draws that matter. With them
# you measure the good model of this course. You can then
#
# * write $p(x)$ as an average over the encoder's draws, and derive the bound from it;
# * say exactly what rises with the number of draws, and what does not;
# * compute the bound in log space, without mixing up the axes of images and draws;
# * say how many of the draws count.

# %% [markdown]
# ## Before you start
#
# About 120 minutes, in two sittings: 57 of reading and playing, 63 of exercises; the optional one takes 8 more, the puzzles 25. Stop after
# exercise 5.1. **Short path** (workshop, 75 minutes): run the cells in turn, and read up to exercise 5.2 and the figure under
# it, then the summary. How to *train* with the bound, and what it cannot see, is [lesson 05b](05b_limits.ipynb).
#
# You need, from earlier lessons (all of it is in `vae_course.given`, so this lesson stands alone):
#
# | symbol | in code | meaning |
# | --- | --- | --- |
# | $p(z)$ | `model.z_prior` | the prior: what $z$ looks like before an image is seen; here $N(0, I)$ |
# | $p(x \mid z)$ | `model.dec(z)` | the decoder: its logits give each pixel's chance of being ink |
# | $q(z \mid x) = N(m, v)$ | `m, v = model.enc(x)` | the encoder's guess of where $z$ lies; $v$ is the **variance** |
# | $p(x, z)$ | | $p(z)\,p(x \mid z)$, the chance of both |
# | $p(x)$ | | the chance of the image alone, all $z$ counted: the *evidence* |
# | ELBO | `-nelbo` | $\mathbb E_q[\log p(x \mid z)] - \mathrm{KL}(q(z \mid x) \,\|\, p(z))$, at most $\log p(x)$ |
# | $k$ | `iw` | new here: the number of draws of $z$ for each image |
#
# All logarithms are natural, so all results are in nats.

# %% [markdown]
# ## Warm-up
#
# Three questions on lessons 04 and 04b. Answer aloud before you open the answers.
#
# 1. By how much does the ELBO lie below $\log p(x)$? There is an exact answer, with one symbol in it.
# 2. Why is *one* draw of $z$ per image enough for training with the ELBO?
# 3. (Full path.) A classmate's NELBO is 40 nats lower than everybody else's. What do you say?
#
# <details><summary>Answers</summary>
#
# 1. By $\mathrm{KL}(q(z|x) \,\|\, p(z|x))$: the distance from the encoder's guess to the true posterior.
# 2. The draw is right on average, and so is its gradient. Steps of training average over images and over time anyway.
# 3. A bound that is too good is a bug. Probably the KL is too small, or a sum became a mean.
# </details>

# %% [markdown]
# ## The nats that are missing
#
# With *two* latent dimensions $\log p(x)$ of a real digit is no secret: lay a fine grid over the plane of $z$, and add up
# $p(z)\,p(x \mid z)$. That is `exact` in the first cell. (That model is far worse than lesson 04's: a digit does not fit into two
# numbers. Here we want to *see*.)

# %% tags=["slide"]
elbo = evaluate(flat, x, "elbo", iw=200)  # 200 draws, only to make the estimate steady
iwae_digits.bounds_below_truth({"ELBO": elbo.bound}, exact.mean().item())

# %% [markdown]
# The bar is what lesson 04's formula can promise, the hatched piece is $\mathrm{KL}(q(z|x) \,\|\, p(z|x))$, averaged over 20
# digits: the model is better than its own ELBO says. Closing the gap takes a better $q$, so another encoder, or a better *use* of
# the $q$ that we have. This lesson does the second.

# %% [markdown] tags=["slide"]
# ## A probability as an average
#
# The evidence counts all $z$ by an integral. That is no average yet, since there is nothing to draw from. Multiply and divide by
# $q$:
#
# $$p(x) = \int p(x, z)\,dz = \int q(z|x)\,\frac{p(x, z)}{q(z|x)}\,dz = \mathbb E_{z \sim q(z|x)}\left[\,w(z)\,\right],
# \qquad \boxed{\;w(z) = \frac{p(x, z)}{q(z|x)}\;}$$
#
# The ratio $w$ is the **importance weight** of the draw: how likely the model finds this $z$, together with $x$, relative to how
# often we draw it. Draw $k$ times from $q$ and average the weights: an estimate of $p(x)$ that is right on average, **whatever $q$
# is**. The only condition: $q$ is nowhere 0 where $p(x, z)$ is not. A Gaussian is never 0.

# %% [markdown]
# Why then train an encoder? Look at two extreme choices.
#
# * $q(z|x) = p(z|x)$, the true posterior. Then $w = p(x, z) / p(z|x) = p(x)$, the same number for every draw. One draw would be
#   enough.
# * $q(z|x) = p(z)$, the prior, which never looked at the image. Then $w = p(x, z) / p(z) = p(x|z)$.
#
# The second asks for no encoder at all. Try it where the truth is known: $x = z + 0.1\,\varepsilon$, in $d$ dimensions, with all
# coordinates of $x$ equal to 0.7.
#
# *Predict first*: with 10,000 draws from the prior, for how many dimensions $d$ is the estimate of $\log p(x)$ within half a nat?

# %%
print("dimensions   estimate of log p(x)    exact   draws close to x")
for dims in (1, 2, 3, 4, 5, 10):
    estimate, truth, near = figures.prior_sample_estimate(dims)
    print(f"{dims:10d}   {estimate:20.2f}   {truth:6.2f}   {near:16,d}")

# %% [markdown]
# Up to three, in this run. The last column counts the draws within 0.2 of $x$ in every coordinate: each dimension keeps about one in eight, and from five on
# all are misses. The estimate of $p(x)$ is *still* right on average, but carried by enormous weights, so rare that you never see
# one. This is what the encoder is for: $q$ says where to look.

# %% [markdown]
# ## Stay in log space
#
# A weight is a probability of 784 pixels, about $e^{-140}$. In float32 that is 0:

# %%
log_w = torch.tensor([-142.0, -140.0, -145.0])  # three log weights, of a usual size
print("log of the mean of exp:", log_w.exp().mean().log().item())
print("log_mean_exp:          ", round(log_mean_exp(log_w, dim=0).item(), 4))

# %% [markdown]
# So nobody computes $w$. We compute $\log w$, whose three terms are those of lessons 02 and 03 (`given` has
# them):
#
# $$\log w = \log p(x|z) + \log p(z) - \log q(z|x)$$
#
# and average with `log_mean_exp`, which subtracts the largest $\log w$ before the exponential (lesson 03).

# %% [markdown] tags=["slide"]
# ## From the average to the bound
#
# We want $\log p(x)$, and the log of an average is not the average of the logs. The logarithm is *concave*: it bends downwards, so
# a chord lies below the curve. For any random $w > 0$ this says (**Jensen's inequality**)
#
# $$\mathbb E[\log w] \;\le\; \log \mathbb E[w] = \log p(x),$$
#
# with equality only if $w$ does not scatter at all. What is the left side?
#
# $$\mathbb E_q[\log w] = \mathbb E_q[\log p(x|z)] - \mathbb E_q\Big[\log \frac{q(z|x)}{p(z)}\Big]
# = \mathbb E_q[\log p(x|z)] - \mathrm{KL}(q(z|x)\,\|\,p(z)).$$
#
# **The ELBO is the average log weight, and its gap is what Jensen loses because the weights scatter.**

# %% [markdown] tags=["slide"]
# Now the idea of the lesson: scatter can be averaged away *before* the logarithm. Draw $k$ times, independently, and take the mean
# weight $\frac1k \sum_i w_i$. Its average is $p(x)$ too, since each $w_i$'s is; its variance is $k$ times smaller. So Jensen loses
# less:
#
# $$\boxed{\;\mathrm{IWAE}_k(x) = \mathbb E_{z_1 \ldots z_k \sim q(z|x)}\left[\,\log \frac1k \sum_{i=1}^{k} w_i\,\right]
# \;\le\; \log p(x)\;}$$
#
# With $k = 1$ there is nothing to average: $\mathrm{IWAE}_1$ is the ELBO.

# %% [markdown] tags=["slide"]
# ### A world of two weights
#
# Let $w$ be 2 or 8, each with probability ½. Then $\log \mathbb E[w] = \log 5$. (Read $p(x) = 5$ as a density; of a black and white
# image $p(x)$ is a probability, at most 1.)
#
# * $k = 1$: the logs are $\log 2$ and $\log 8$, on average $\tfrac12 \log 16 = \log 4$.
# * $k = 2$: the pairs (2, 2), (2, 8), (8, 2), (8, 8) have the means 2, 5, 5, 8, each with probability ¼. The average of the logs is
#   $\tfrac14 \log 2 + \tfrac12 \log 5 + \tfrac14 \log 8 = \tfrac12 \log 4 + \tfrac12 \log 5$.

# %% tags=["slide"]
predict("05.gap-16")

# %% tags=["slide"]
for k in (1, 2, 4, 16):
    bound = figures.bound_of_two_weights(k)
    left_over = (math.log(5) - bound) / math.log(5 / 4)
    print(f"k = {k:2d}   bound {bound:.4f}   limit {math.log(5):.4f}   share of the gap that is left: {left_over:.3f}")

# %% tags=["slide"]
predict("05.gap-16").was()

# %% [markdown]
# All means of $k$ weights that can occur, each as big as its chance. Move $k$ up:

# %% tags=["slide"]
explore(figures.mean_of_weights, k=(1, 1, 64, 1))

# %% [markdown]
# The dots crowd around 5, where the short piece of
# curve is nearly straight. There, averaging before or after makes no difference.

# %% [markdown] tags=["slide"]
# ### Why it never falls
#
# Take $2k$ weights and cut them into two halves with means $A$ and $B$. The mean of all is $\frac{A + B}{2}$, and
#
# $$\log \frac{A + B}{2} \;\ge\; \frac{\log A + \log B}{2},$$
#
# which is Jensen for two numbers (or: $\frac{A+B}{2} \ge \sqrt{AB}$). On the left: an estimate with $2k$ draws. On the right: two
# estimates with $k$ of the *same* draws, averaged. This holds for every set of numbers, whatever the seed. Merge in pairs, again
# and again:

# %%
for seed in range(3):
    log_w = 1.5 * torch.randn(64, generator=torch.Generator().manual_seed(seed))  # any 64 log weights
    steps = []
    while True:
        steps.append(f"{log_w.mean():6.2f}")
        if len(log_w) == 1:
            break
        log_w = log_mean_exp(log_w.view(-1, 2), dim=1)  # neighbours merged: half as many
    print(f"seed {seed}, k = 1, 2, 4, ... 64:", " ".join(steps))

# %% [markdown] tags=["slide"]
# Every row rises, and more at its first step than at its last. Averaged over all draws, the left side becomes $\mathrm{IWAE}_{2k}$,
# the right side $\mathrm{IWAE}_k$. Steps of one work by the same thought, so
#
# $$\mathrm{ELBO} = \mathrm{IWAE}_1 \le \mathrm{IWAE}_2 \le \mathrm{IWAE}_3 \le \ldots \le \log p(x).$$
#
# <details><summary>Steps of one</summary>
#
# The mean of $k + 1$ weights is the average of the $k + 1$ means in which one weight is left out. The log of that average is at
# least the average of their logs; each of these is, in expectation, $\mathrm{IWAE}_k$.
# </details>

# %% [markdown]
# **In expectation.** With fresh draws a single estimate with 50 may well lie below one with 5. Only merging the same draws rises
# for certain.
#
# And does it reach $\log p(x)$? In the end, yes: the mean weight tends to $p(x)$ by the law of large numbers. How fast is another
# question.

# %% [markdown]
# ## Your turn: the weights
#
# For a batch of images there are `batch × iw` weights. Each image needs its $m$ and $v$ for all of its draws, so they are copied, and
# no formula says *where the copies go*. Many use `repeat`.

# %%
predict("05.repeat")

# %%
names = torch.tensor([1, 2, 3])
print(names.repeat(2).view(3, 2))

# %%
predict("05.repeat").was()

# %% [markdown]
# Two layouts are safe: an axis of its own
# for the draws from the beginning, or the copies read as they lie.

# %%
print("an axis of its own: ", names.unsqueeze(1).expand(3, 2).tolist())
print("repeat, read as (iw, batch) and transposed:", names.repeat(2).view(2, 3).T.tolist())

# %% [markdown]
# With an axis of its own the rest is broadcasting: `m.unsqueeze(1)` has shape `(batch, 1, z_dim)`, $z$ has `(batch, iw, z_dim)`,
# and every formula in `given` sums the last axis only. The decoder, too, acts on the last axis: it makes logits `(batch, iw, 784)`.
#
# `sample_gaussian` has a trap: from `m` and `v` of shape `(batch, 1, z_dim)` it makes *one* draw for each image. For `iw` of them,
# `expand` one of the two to `(batch, iw, z_dim)` first (−1 leaves an axis as long as it is: `expand(-1, iw, -1)`).
#
# <details><summary>The five functions of <code>given</code> that you need, as a reminder</summary>
#
# ```
# sample_gaussian(m, v)                   # one draw for each entry of m and v, broadcast together
# log_normal(z, m, v)                     # (..., z_dim) -> (...); v is the variance
# log_bernoulli_with_logits(x, logits)    # (..., 784)   -> (...)
# kl_normal(qm, qv, pm, pv)               # (..., z_dim) -> (...)
# log_mean_exp(log_w, dim=...)            # that axis is gone
# ```
# </details>

# %% [markdown] tags=["slide"]
# {{ exercise log_weights }}
#
# **Goal.** Draw `iw` times from $q(z|x)$ for each image, and return the log importance weight of each draw.
#
# $$\log w_{bi} = \log p(x_b|z_{bi}) + \log p(z_{bi}) - \log q(z_{bi}|x_b), \qquad z_{bi} \sim q(z|x_b)$$
#
# ($b$ counts images, $i$ draws; new, independent noise for each pair.)
#
# **Shapes.** In: `model` with `enc`, `dec` and `z_prior`; `x`, `(batch, 784)`; `iw`, a number. Out: `(batch, iw)`. Each term is
# summed over its own last axis (pixels, or latent dimensions); nothing is averaged. Gradients must reach encoder and decoder (one
# point). A log weight of −500 is an ordinary number (half a point): never exponentiate it. (The check's prior is standard normal;
# 5.2 asks for another, too.)


# %%
def log_weights(model, x, iw):
    """Log importance weights of iw draws of z for each image: (batch, 784) -> (batch, iw), in nats."""
    ### BEGIN SOLUTION
    m, v = model.enc(x)  # (batch, z_dim) each
    m, v = m.unsqueeze(1), v.unsqueeze(1)  # (batch, 1, z_dim)
    z = sample_gaussian(m.expand(-1, iw, -1), v)  # (batch, iw, z_dim)
    log_likelihood = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z))  # (batch, iw)
    return log_likelihood + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    ### END SOLUTION


# %%
check(log_weights)

# %% tags=["slide"]
if solved(log_weights):
    three = torch.tensor([0, 8, 3])  # three of the 20 digits
    torch.manual_seed(0)
    with torch.no_grad():
        iwae_digits.weights_of_digits(log_weights(flat, x[three], 2000), exact[three], x[three])
else:
    print("When log_weights passes its check, histograms of your log weights appear beside these lines.")
    three = torch.tensor([0, 8, 3])
    iwae_digits.weights_of_digits(None, exact[three], x[three])

# %% [markdown]
# The mean of $\log w$ is the ELBO. The log of the mean weight lies to its right, on the exact $\log p(x)$, because the mean of $w$
# is carried by the right end of the histogram (whose first bar collects the lowest 1 %). The wider the histogram, the larger the
# gap.
#
# <details><summary>I get weights that change a lot between the images of one row instead of staying near one value</summary>
#
# You mixed layouts: `repeat` stacks whole copies, `(iw, batch)`. Read as `(batch, iw)` the rows hold different images.
# </details>
#
# <details><summary>I get a shape error, or (batch, iw, z_dim), instead of (batch, iw)</summary>
#
# `x` needs an axis for the draws: `x.unsqueeze(1)` is `(batch, 1, 784)`. And each log density must have lost its last axis: the
# functions of `given` do that.
# </details>
#
# <details><summary>I get the same weight for all draws of an image instead of different ones</summary>
#
# The noise has no axis for the draws. `sample_gaussian` makes noise of the shape that `m` and `v` have *together*: expand `m` to
# `(batch, iw, z_dim)` before you draw.
# </details>
#
# <details><summary>I get an average of the weights above log p(x) instead of near it</summary>
#
# Each draw needs its own $\log p(z) - \log q(z|x)$. With the closed-form KL in its place the result is not a bound: it can exceed
# $\log p(x)$.
# </details>

# %% [markdown]
# Stuck? `hint("log_weights")` goes one step at a time.
#
# **Think.** Suppose the decoder ignores $z$ and the encoder answers with the prior for every image. What do your weights look like?
#
# <details><summary>Answer</summary>
#
# $\log p(z) - \log q(z|x) = 0$, and $\log p(x|z)$ is the same for every $z$. So all weights are equal, to $p(x)$, and every bound
# with any $k$ returns the same number. It is posterior collapse (lesson 04b), a bad model with a perfect bound. It also makes a
# sharp test of your code: a forgotten $\log k$ shows at once.
# </details>

# %% [markdown]
# ## The bound as a method
#
# What is left is short: your log weights (inside a method, `log_weights(self, x, iw)`), `log_mean_exp` along the *draws*, a minus
# sign, the mean over the *images*: outside the logarithm, because each image has its own $p(x)$.
#
# The method also returns `kl` and `rec`, for learning curves: **the ELBO's two terms** at the same $x$, in which every draw counts alike. For `iw > 1`
# they do *not* add up to `niwae`; their sum is the NELBO, which is at least as large, in expectation. (`given.VAE` has no bound:
# write the two out, or copy your `negative_elbo_bound` of lesson 04 into the class and call it.)

# %% [markdown] tags=["slide"]
# {{ exercise VAE.negative_iwae_bound }}
#
# **Goal.** Return the negative importance-weighted bound of a batch, and the ELBO's two terms beside it.
#
# $$\text{niwae} = \frac{1}{\text{batch}} \sum_b -\log \frac1k \sum_{i=1}^{k} w_{bi}$$
#
# $$\text{kl} = \frac{1}{\text{batch}} \sum_b \mathrm{KL}(q(z|x_b)\,\|\,p(z)), \qquad
# \text{rec} = \frac{1}{\text{batch}} \sum_b -\log p(x_b|z_b)$$
#
# Take the prior from `self.z_prior` (one point), use independent draws, let gradients pass (one point), stay in log space, where a
# weight of $e^{-500}$ is no zero (one point). Your kl and rec may be any estimates that are right on average: closed form, the same
# draws or fresh ones.
#
# **Shapes.** In: `x`, `(batch, 784)`; `iw`, a number. Out: three scalars in nats. `log_mean_exp` averages over the draws (axis 1)
# *inside* the logarithm; then the images are averaged *outside*.


# %%
class VAE(given.VAE):
    def negative_iwae_bound(self, x, iw):
        """Returns niwae, kl, rec: scalars in nats, averaged over the batch."""
        ### BEGIN SOLUTION
        log_w = log_weights(self, x, iw)  # (batch, iw)
        niwae = -log_mean_exp(log_w, dim=1)  # (batch,)
        m, v = self.enc(x)  # (batch, z_dim) each
        kl = kl_normal(m, v, *self.z_prior)  # (batch,)
        rec = -log_bernoulli_with_logits(x, self.dec(sample_gaussian(m, v)))  # (batch,)
        return niwae.mean(), kl.mean(), rec.mean()
        ### END SOLUTION


# %%
check(VAE.negative_iwae_bound)

# %% tags=["slide"]
if solved(VAE.negative_iwae_bound) and solved(log_weights):
    counts = (1, 4, 16, 64)
    torch.manual_seed(0)
    mine = given.trained("v1_z2", VAE)
    with torch.no_grad():
        # Copies of the images, so that every dot rests on 64 draws per image.
        yours = {k: -mine.negative_iwae_bound(x.repeat(64 // k, 1), k)[0].item() for k in counts}
    iwae_digits.bound_on_digits(flat, x, exact.mean().item(), yours, counts)
else:
    print("When log_weights and negative_iwae_bound pass their checks, your bounds appear as dots on this curve.")
    iwae_digits.bound_on_digits(flat, x, exact.mean().item(), None, (1, 4, 16, 64))

# %% [markdown]
# On real digits, too, the bound climbs from the ELBO towards the exact $\log p(x)$, quickly at first, then ever more slowly, and
# does not arrive. Most of what is missing at the right end is due to one of the 20 digits, image 6. (The target curve merges the
# same draws in pairs, so it cannot fall; your dots come from fresh draws, and miss it by a few tenths of a nat either way.)
#
# <details><summary>I get a bound that falls with iw instead of rising</summary>
#
# By about $\log k$? Then $\log k$ is subtracted twice: `log_mean_exp` has done it already. Or the sign: `niwae` is the *negative*
# bound, and falls when the bound rises.
# </details>
#
# <details><summary>I get the same value for every iw instead of one that improves</summary>
#
# You average the *logs* (`log_w.mean(1)`): that is the ELBO, estimated from more draws. The mean belongs inside the logarithm. The
# same happens if all draws of an image share one $z$.
# </details>
#
# <details><summary>I get a niwae that is tens of nats too low instead of a few nats below the NELBO</summary>
#
# Too good is a bug: rows that mix images, or a mean over images inside the logarithm. (The closed-form KL inside the weight makes a
# nat or so with 20 latents, and hardly shows with two. Too low by exactly $\log k$? Then you sum the weights where they should be averaged: log-*mean*-exp subtracts $\log k$.)
# </details>
#
# <details><summary>I get a niwae that differs from kl + rec instead of their sum</summary>
#
# For `iw > 1` that is right. Only the NELBO is their sum.
# </details>

# %% [markdown]
# **Think.** Could you use *pairs* of draws $m + \sqrt v\,\varepsilon$ and $m - \sqrt v\,\varepsilon$, to cover $q$ more evenly?
#
# <details><summary>Answer</summary>
#
# Each draw still comes from $q$, so each weight still has the mean $p(x)$, and Jensen still gives a lower bound. But it is another
# bound than $\mathrm{IWAE}_k$, whose draws are independent. That is why the card asks for independent draws: so that two people's
# $\mathrm{IWAE}_{50}$ can be compared.
# </details>

# %% [markdown]
# ## What the weights do
#
# Go back to the slider at the top. On the right, the big draws follow the posterior (shaded: 95, 80 and 50 % of what the window
# shows). The weights turn draws from $q$ into a sample of something closer to it: that is where the missing nats come from. Which
# digits need the most help? Look twice at image 6, a 4: the window holds 0 % of its
# posterior. The shading is the edge of a hill that stands elsewhere; the encoder points at the wrong place. Lesson 05b shows both.

# %% [markdown]
# ## How many draws count?
#
# If one weight is a million times larger than the rest, one draw counts. To count in general, divide each weight by the sum:
# $\tilde w_i = w_i / \sum_j w_j$ (a *softmax* of the log weights, in PyTorch `torch.softmax`). If $n$ draws share everything
# equally, then $\tilde w_i = 1/n$ for these and $\sum_i \tilde w_i^2 = n \cdot \frac{1}{n^2} = \frac1n$. So one over that sum
# counts them: the **effective sample size**, $\mathrm{ESS} = 1 / \sum_i \tilde w_i^2$.

# %% [markdown] tags=["slide"]
# {{ exercise effective_sample_size }}
#
# **Goal.** From log weights, count the draws that matter, for log weights of any size (−1,000 as well).
#
# $$\mathrm{ESS} = \frac{\left(\sum_i w_i\right)^2}{\sum_i w_i^2}$$
#
# **Shapes.** In: `log_w`, `(batch, k)`. Out: `(batch,)`, numbers between 1 and $k$. The draws (last axis) are summed; the batch is
# not averaged.


# %%
def effective_sample_size(log_w):
    """(Σ w)² / Σ w² over the last axis: (batch, k) -> (batch,)."""
    ### BEGIN SOLUTION
    share = torch.softmax(log_w, dim=-1)  # (batch, k)
    return 1 / share.square().sum(-1)
    ### END SOLUTION


# %%
check(effective_sample_size)

# %% [markdown]
# To try it out, thirty rows of 2,000 log weights each, drawn from bells that are wider from row to row:

# %%
spread = torch.linspace(0.1, 3, 30).unsqueeze(1)  # standard deviations of log w, (30, 1)
log_w = spread * torch.randn(30, 2000, generator=torch.Generator().manual_seed(0))  # (30, 2000)

# %% tags=["slide"]
if solved(effective_sample_size):
    print("(1, 1, 0, 0):", round(effective_sample_size(torch.tensor([[1.0, 1.0, 0.0, 0.0]]).log()).item(), 3))
    print("(5, 5, 5, 5):", round(effective_sample_size(torch.tensor([[5.0, 5.0, 5.0, 5.0]]).log()).item(), 3))
    figures.spread_and_effective_share(log_w, effective_sample_size(log_w))
else:
    print("When effective_sample_size passes its check, your counts appear as dots along this curve.")
    figures.spread_and_effective_share(log_w, None)

# %% [markdown]
# When the log weights scatter by $s$ nats in the shape of a bell, the share that counts is about $e^{-s^2}$ when $k$ is large: for
# one nat a good third, for two about a fiftieth. From about $s = 1.4$ on, 2,000 draws are not yet many: a few huge weights decide,
# and the dots scatter.
#
# <details><summary>Why that formula?</summary>
#
# ESS / $k$ is the squared mean of $w$ over the mean of $w^2$, which tends to $\mathbb E[w]^2 / \mathbb E[w^2]$. A common factor of
# all weights cancels, so let the bell of $\log w$ stand over 0: $N(0, s^2)$. Then
# $\mathbb E[w] = \mathbb E[e^{\log w}] = e^{s^2/2}$ (complete the square in the integral). And $\log w^2 = 2 \log w$ is a bell with
# twice the standard deviation, so $\mathbb E[w^2] = e^{(2s)^2/2} = e^{2s^2}$. The ratio is $e^{s^2} / e^{2s^2} = e^{-s^2}$.
# </details>
#
# <details><summary>I get nan or inf instead of a number</summary>
#
# `exp` of −1,000 is 0 and of 1,000 infinite. Normalise first: `torch.softmax` subtracts the largest one for you.
# </details>
#
# <details><summary>I get numbers below 1 instead of between 1 and k</summary>
#
# That is $\sum \tilde w^2$, or the share ESS / k. One over the first, $k$ times the second.
# </details>

# %% [markdown]
# **Think.** You add 7 to every log weight. What happens to ESS, and what to the bound?
#
# <details><summary>Answer</summary>
#
# All weights are multiplied by the same factor $e^7$: the shares stay, and so does ESS. The bound rises by 7. So ESS says how
# *even* the weights are, never how high.
# </details>

# %% [markdown]
# ## The good model, measured
#
# Now the model with 20 latent dimensions. A grid is out of the question: 200 points in each are $200^{20}$. The bound with many
# draws is the standard estimate. `evaluate` computes it in pieces, because all at once they would fill the memory:

# %%
batch, iw = 100, 5_000
print(f"one tensor of (batch, iw, 784) float32: {batch * iw * 784 * 4 / 1e9:.1f} GB")

# %% tags=["nbval-ignore-output", "slide"]
good = given.trained("v1_z20")
x40 = binarize(images[:40], generator=torch.Generator().manual_seed(1))  # (40, 784)
print("    k    −bound   bought since the row above   draws that count")
found, before = {}, None
for k in (1, 10, 100, 1_000, 5_000):
    found[k] = evaluate(good, x40, "iwae", k)
    bought = "" if before is None else f"{before - found[k].nll:.2f}"
    print(f"{k:5,d}   {found[k].nll:7.2f}   {bought:>26}   {found[k].effective_sample_size:16.1f}")
    before = found[k].nll
print(f"standard error of the last figure, between images: {found[k].standard_error:.1f}")

# %%
# For the course's own tests: nothing of yours is in these numbers.
assert found[1].nll > found[10].nll > found[1_000].nll and found[100].nll > found[5_000].nll

# %% [markdown]
# The first row is the NELBO from a single draw. The first nine extra draws buy most of what all 5,000 buy, the last 4,000 a tenth
# of a nat or two; and of 5,000 only some dozens count: in 20 dimensions $q$ and posterior overlap badly. Apart from the one
# encoding of the image, the cost grows in proportion to $k$.

# %% [markdown]
# How to read the last figure, which papers call **NLL**, the negative log-likelihood:
#
# * In expectation $\mathrm{IWAE}_{5000}$ lies *below* $\log p(x)$, so the NLL is too *high*: the model is at least as good, up to
#   chance. By how much nobody knows: the small last step says "probably little", and lesson 05b why that is no proof.
# * It is a mean over only 40 images: see its standard error. *Differences* between rows are far surer: same images.
# * Compare only with figures that binarize the pixels alike (lesson 03).
#
# For the progress card we want a steadier figure of the same model: more images, and as many draws as time allows.

# %% tags=["nbval-ignore-output", "slide"]
x500 = binarize(images[:500], generator=torch.Generator().manual_seed(1))  # (500, 784)
nelbo = evaluate(good, x500, "elbo", iw=4)
niwae = evaluate(good, x500, "iwae", iw=100)
print(nelbo)
print(niwae)
print(f"the bound bought {nelbo.nll - niwae.nll:.1f} nats")

# %%
# For the course's own tests again.
assert 86 < niwae.nll < nelbo.nll < 94

# %% [markdown]
# Nothing was trained: the same model, the same encoder, counted better.

# %% [markdown]
# ## Say it again
#
# The bound was derived a while ago, and computed ever since. Recall how it came about. (Optional.)

# %% [markdown]
# {{ exercise bound_derivation }}
#
# **Goal.** Put the derivation of the bound in order, from $p(x)$ to $\mathrm{IWAE}_k(x) \le \log p(x)$. The weight of a draw is
# $w = p(x, z) / q(z|x)$; $w_1, \ldots, w_k$ are the weights of $k$ independent draws from $q(z|x)$. Six of the ten lines belong;
# four look right and are not. A line uses only what stands above it. Two lines that do not need each other may stand either way
# round.
#
# | | line | because |
# | --- | --- | --- |
# | A | $\mathbb E\big[\log \frac1k \sum_i w_i\big] \le \log p(x)$ | put the average of the mean weight into Jensen |
# | B | $p(x) = \mathbb E_q[w]$ | what an expectation under $q$ means |
# | C | $\mathbb E\big[\log \sum_i w_i\big] \le \log p(x)$ | put the average of the weights into Jensen |
# | D | $\mathbb E\big[\log \frac1k \sum_i w_i\big] \le \log \mathbb E\big[\frac1k \sum_i w_i\big]$ | the logarithm is concave: Jensen's inequality |
# | E | $\mathrm{IWAE}_k(x) \le \log p(x)$ | the left side is the bound of $k$ draws |
# | F | $p(x) = \mathbb E_q[p(x \mid z)]\;e^{-\mathrm{KL}}$ | $\log w = \log p(x \mid z) - \mathrm{KL}(q(z \mid x)\,\Vert\,p(z))$ |
# | G | $p(x) = \int q(z \mid x)\;p(x, z) / q(z \mid x)\,dz$ | all $z$ that could have been; multiply and divide by $q(z \mid x)$ |
# | H | $\log \mathbb E\big[\frac1k \sum_i w_i\big] \le \mathbb E\big[\log \frac1k \sum_i w_i\big]$ | the logarithm is concave: Jensen's inequality |
# | I | $\mathbb E\big[\frac1k \sum_i w_i\big] = p(x)$ | each $w_i$ has the average of $w$; so has their mean |
# | J | $\mathbb E\big[\log \frac1k \sum_i w_i\big] = \log \mathbb E\big[\frac1k \sum_i w_i\big]$ | the variance of the mean is $k$ times smaller |
#
# **Answer.** A list of six letters, top to bottom.

# %%
bound_derivation = [None] * 6
### BEGIN SOLUTION
bound_derivation = ["G", "B", "I", "D", "A", "E"]
### END SOLUTION

# %%
check(bound_derivation, "bound_derivation")

# %% [markdown]
# <details><summary>I get "comes too early" instead of a pass, though all six lines belong</summary>
#
# Take that line's reason and ask what it works on: which average, which inequality? Another line has made it, and it goes above.
# </details>

# %% [markdown]
# **Think.** For which $q$ do lines D, H and J all hold?
#
# <details><summary>Answer</summary>
#
# For the posterior, $q(z|x) = p(z|x)$. Then $w = p(x)$ for every $z$, the mean weight does not scatter, and both sides are
# $\log p(x)$, for every $k$.
# </details>

# %% [markdown]
# ## Puzzles
#
# Optional, about 25 minutes, no points: an exercise once more under a rule about how it is *written*, or a weak test for you to break.
# `puzzle(...)` looks at the rule and at the exercise's own check, and compares lengths: each call, operator and subscript is one operation.
#
# Write all of it inside the function: `torch`, `math` and the builtins that compute are there, other names of the notebook are
# not, but for those that a puzzle names.

# %% [markdown]
# ### The draws in front
#
# Write `log_weights` without a new axis by `unsqueeze`, `reshape`, `repeat` or a subscript (`[:, None]` too), and without a Python loop. You may
# call `sample_gaussian`, `log_bernoulli_with_logits` and `log_normal`. On which side does broadcasting add axes by itself?


# %%
def log_weights_in_front(model, x, iw):
    """log importance weights, as in exercise 5.1: (batch, iw)."""
    ### BEGIN SOLUTION
    m, v = model.enc(x)  # (batch, z_dim) each
    z = sample_gaussian(m.expand(iw, *m.shape), v)  # (iw, batch, z_dim)
    log_w = log_bernoulli_with_logits(x, model.dec(z)) + log_normal(z, *model.z_prior) - log_normal(z, m, v)
    return log_w.T
    ### END SOLUTION


# %%
puzzle("05.in-front", log_weights_in_front)

# %% [markdown]
# ### Squares in log space
#
# Write `effective_sample_size` without `softmax`, without a square and without a norm. What does squaring a weight do to its logarithm?


# %%
def effective_sample_size_in_logs(log_w):
    """How many draws the weights are worth, as in the exercise above: (batch, k) -> (batch,)."""
    ### BEGIN SOLUTION
    return torch.exp(2 * torch.logsumexp(log_w, -1) - torch.logsumexp(2 * log_w, -1))
    ### END SOLUTION


# %%
puzzle("05.doubling", effective_sample_size_in_logs)

# %% [markdown]
# ### Break the test
#
# Somebody tests `effective_sample_size` so: equal weights are worth as many draws as there are.


# %%
def weak_test_of_effective_sample_size(effective_sample_size):
    for k in (1, 10, 1_000):
        assert torch.allclose(effective_sample_size(torch.zeros(3, k)), torch.full((3,), float(k)))


# %% [markdown]
# Hand in a *wrong* function that this test accepts. Your function must run for every shape that the exercise asks; it may use what
# the notebook has. The exercise's check then says what is wrong with it.


# %%
def wrong_effective_sample_size(log_w):
    """Wrong, and the test above accepts it."""
    ### BEGIN SOLUTION
    w = torch.exp(log_w)
    return w.sum(-1) ** 2 / w.sum(-1)
    ### END SOLUTION


# %%
puzzle("05.break-equal", wrong_effective_sample_size)

# %% [markdown] tags=["slide"]
# ## Summary
#
# * $p(x) = \mathbb E_q[w]$ with $w = p(x, z) / q(z|x)$: right on average for every $q$, useful if $q$ looks in the right place.
# * The ELBO is $\mathbb E[\log w]$. Averaging $k$ weights *before* the logarithm gives $\mathrm{IWAE}_k$, which rises towards
#   $\log p(x)$, in expectation.
# * In log space, draws averaged inside the logarithm, images outside; kl and rec do not add up to niwae.
# * (Full path.) The effective sample size counts the draws that matter. The NLL from 5,000 draws is too high, in expectation.

# %% [markdown]
# ## Check your progress
#
# Once your `negative_iwae_bound` passes, "our model" on the card is the course's own, `given.trained("v1_z20")` on 500 test images,
# by the bound of 100 draws, and not the model that you trained in lesson 04. Part of the step down is its longer training, part the
# better bound.

# %% tags=["nbval-ignore-output"]
print(
    f"the course's model: {nelbo.nll:.1f} nats by the ELBO, {niwae.nll:.1f} by the bound: {nelbo.nll - niwae.nll:.1f} nats bought"
)
assert niwae.nll < nelbo.nll  # for the course's own tests: nothing of yours is in these numbers
progress(nats=niwae.nll if solved(VAE.negative_iwae_bound) else None)

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | weights in one row that differ by hundreds of nats | `repeat` stacked whole copies, read as `(batch, iw)` |
# | a niwae near 50 nats | the same; or the images were averaged inside the logarithm |
# | a niwae that is too low by $\log k$ | a sum of weights where the mean belongs |
# | a bound that does not move with `iw` | the mean of the logs; or one $z$ shared by all draws |
# | `inf` or `nan` | exponential before logarithm; use `log_mean_exp` |
# | a niwae below the exact $-\log p(x)$ | the closed-form KL inside the weight, a forgotten $\log q$; or chance, when few images are averaged: it is a bound in expectation |
# | out of memory | `(batch, iw, 784)` numbers at once: fewer images at a time, or `evaluate` |
#
# **Group task** (rooms, 10 minutes). A weight is the throw of a die. Everybody throws one die ten times and averages the logs; then
# *two* dice, ten times, and averages the logs of their means; then four dice. Collect all averages on the board. Which rise for
# everybody, which only for the class? What are the exact first value and the limit?
#
# <details><summary>Answer</summary>
#
# First value: $(\log 1 + \log 2 + \ldots + \log 6)/6 = (\log 720)/6$. Limit: $\log 3.5$. A single person's averages can go down,
# since their draws are fresh; the class's hardly. Merge your *own* single throws in pairs instead, and yours rise for certain.
# </details>

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, ten minutes: derive $p(x) = \mathbb E_q[w]$; the bound, by Jensen; why merging in pairs cannot
# lower it. Write the two functions, with the shape of every line. Say what kl and rec are. Then compare. What was missing goes onto
# tomorrow's page.

# %% [markdown]
# ## Further reading
#
# * Burda, Grosse, Salakhutdinov, *Importance Weighted Autoencoders*, ICLR 2016: the bound and its proof (appendix A). In their
#   table "VAE, $k$ = 5, 50" means training with the ELBO averaged over $k$ draws, not a bound with $k$ weights.
# * Owen, *Monte Carlo Theory, Methods and Examples*, chapter 9: importance sampling without neural networks, effective sample size
#   and its traps included.
#
# Next: [05b · The limits of the bound](05b_limits.ipynb).
