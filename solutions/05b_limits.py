# %% [markdown] tags=["slide"]
# # 05b · The limits of the bound
#
# More draws lift the bound towards $\log p(x)$. How fast, how would you know that it has not arrived, and why not train with a
# thousand? Move the width of $q$, and watch the gap against the number of draws $k$.

# %% tags=["slide"]
import math

import torch

from vae_course import binarize, check, evaluate, fit, given, hint, load_mnist, predict, progress, solution, solved
from vae_course.figures import iwae as figures
from vae_course.figures import iwae_digits, iwae_estimators, posterior, sandwich
from vae_course.figures.widgets import explore
from vae_course.given import log_bernoulli_with_logits, log_mean_exp, log_normal, sample_gaussian

explore(figures.bound_and_width, width=(2.0, 0.2, 3.0, 0.1))

# %% [markdown]
# Left, one dimension of the posterior and of $q$; right, how far $\mathrm{IWAE}_k$ lies below $\log p(x)$, on two logarithmic axes.
# A $q$ of twice the right variance and one of a third: which gap closes faster?
#
# **Who uses it?** Everybody who compares generative models by $\log p(x)$ has to say how far the estimate can be trusted; Wu and
# others (ICLR 2017) walk from the prior towards the posterior, and check where they arrive from the other side.

# %% [markdown]
# ## What you will build
#
# `IWAE.loss`, three lines that turn the measure into what training minimises; and, if you like, a gradient for the encoder with less
# noise. You can then
#
# * say when more draws help, and when they hardly do;
# * tell what a perfect-looking diagnosis cannot see;
# * say what training with the bound changes, and what it costs.

# %% [markdown]
# ## Before you start
#
# About 95 minutes: 79 of reading and playing, 16 of exercises; the optional one takes 40 more. **Short path** (workshop, 25 minutes):
# run the cells in turn, and read "How fast?", "What the count does not see", "Training with the bound" with exercise 5b.2, the summary.
#
# You need lesson 05: the weight $w = p(x, z) / q(z|x)$, $\mathrm{IWAE}_k$, and the effective sample size, $1 / \sum_i \tilde w_i^2$
# with the shares $\tilde w_i = w_i / \sum_j w_j$. All is given, so this lesson stands alone.

# %% [markdown]
# ## Warm-up
#
# Three questions on lesson 05. Answer aloud before you open the answers.
#
# 1. What has the mean $p(x)$, for every $q$, and what only lies below $\log p(x)$?
# 2. Where does the average over the draws stand, and where that over the images?
# 3. Of 5,000 draws 40 count. What does that say about the bound?
#
# <details><summary>Answers</summary>
#
# 1. The mean of $k$ weights has the mean $p(x)$. The average of its logarithm, $\mathrm{IWAE}_k$, lies below $\log p(x)$.
# 2. The draws are averaged inside the logarithm, the images outside.
# 3. That the weights are uneven: $q$ and posterior overlap badly. How far the bound is from $\log p(x)$ it does not say.
# </details>

# %% [markdown]
# ## With a pencil
#
# The whole theory of lesson 05 once more, without the computer.

# %% [markdown]
# {{ exercise two_weights }}
#
# **Goal.** A weight is 1 or 3, each with probability ½. With a pencil:
#
# * `elbo`: the average log weight, $\mathrm{IWAE}_1$;
# * `iwae_2`: the bound with two independent draws;
# * `limit`: what the bound tends to as $k$ grows.
#
# **Answer.** A dictionary of three numbers in nats, right to 1 %. Formulas such as `math.log(5) / 3` are welcome.

# %%
two_weights = {"elbo": None, "iwae_2": None, "limit": None}
### BEGIN SOLUTION
two_weights = {
    "elbo": math.log(3) / 2,
    "iwae_2": math.log(1) / 4 + math.log(2) / 2 + math.log(3) / 4,
    "limit": math.log(2),
}
### END SOLUTION

# %%
check(two_weights, "two_weights")

# %%
if solved("two_weights"):
    figures.bound_against_count()
else:
    print("When your three numbers are right, the bound for k up to 64 appears here.")

# %% [markdown]
# The curve begins at your `elbo`, passes your `iwae_2` and climbs towards your `limit`: each doubling of $k$ adds less than the one
# before.
#
# <details><summary>I get log 2 instead of the ELBO</summary>
#
# That is the log of the average weight. The ELBO is the average of the two logs.
# </details>
#
# <details><summary>I get a bound below the ELBO instead of above it</summary>
#
# List the four pairs, take the *mean* of each pair (not the sum, not the product), then its log, then average the four logs.
# </details>

# %% [markdown]
# **Think.** In the world of 2 and 8, and in this one, the gap at $k = 2$ is exactly half the gap at $k = 1$. Why?
#
# <details><summary>Answer</summary>
#
# Of the four pairs, two are mixed: their mean is the average weight, so their log is the limit itself. The other two are pure: on
# average they give the ELBO. Half and half.
# </details>

# %% [markdown] tags=["slide"]
# ## How fast?
#
# Write the mean weight as $p(x)\,(1 + \delta)$. The error $\delta$ has mean 0 and variance $\mathrm{Var}(w) / (k\,p(x)^2)$. For
# small $\delta$ the logarithm is $\log(1 + \delta) \approx \delta - \tfrac12 \delta^2$. Take the average of both sides: the first
# term vanishes, and
#
# $$\log p(x) - \mathrm{IWAE}_k \;\approx\; \frac{1}{k} \cdot \frac{\mathrm{Var}(w)}{2\,p(x)^2}.$$

# %% [markdown] tags=["slide"]
# Ten times the draws, a tenth of the gap; but **only if the variance of $w$ is finite**. Is it? In one dimension let the posterior
# be $N(0, v_p)$ and $q = N(0, v_q)$. As $p(x, z) = p(x)\,p(z|x)$, the average of
# $w^2$ is
#
# $$\int q\,w^2\,dz = \int \frac{p(x, z)^2}{q}\,dz \;\propto\; \int \exp\Big({-\frac{z^2}{v_p}} + \frac{z^2}{2 v_q}\Big)\,dz.$$
#
# ($\propto$ reads "is, up to a constant factor": $p(x)^2$ and the constants of the Gaussians are left out.) That integral is finite
# only when the exponent falls, that is, when $v_q > \tfrac12 v_p$. A $q$ that is too *wide* wastes draws. A $q$ that is too
# *narrow* hardly ever visits the flanks of the posterior, and the weights there are enormous.

# %% [markdown]
# In the next model the truth is known: $z$ has 5 dimensions, $x$ has 10, both are Gaussian, so the posterior, $\log p(x)$ and each
# weight have exact formulas. $q$ has the right mean, and variances `width` times the best ones. That is the model of the slider
# above. Compare a $q$ of double variance with one of a third.
#
# <details><summary>How the curves are made</summary>
#
# Only the expectation over draws is estimated: by 131,072 draws. Each point merges the draws of the point before in pairs, so no
# curve can fall back. For a `width` above 0.9 the gap is measured from the log of the mean of all these weights, which is
# $\log p(x)$ up to chance: both carry much of the same sampling error, which largely cancels.
# </details>

# %% tags=["slide"]
print("gap in nats at k =       1        16        64       256     1,024")
for width in (2.0, 1.0, 0.3):
    gaps = figures.width_gap(width)
    print(f"variance × {width:.1f}    " + "  ".join(f"{gap:8.4f}" for gap in (gaps[0], *gaps[4::2])))

# %% [markdown]
# A fall like $1/k$ is a straight line on two logarithmic axes: a quarter for four times the draws. From $k = 16$ on the wide $q$ does
# that (before, $\delta$ is not small); the narrow one creeps, although it begins
# not much worse. Even `width` 1.0 has a gap of 0.144 nats at $k = 1$: its variances are the best that a $q$ *without tilt* can have
# (its dimensions are independent), and the posterior is tilted.
#
# <details><summary>And here the ELBO itself leads to the narrow side</summary>
#
# The left panel shows the posterior of one dimension with the others held fixed; left free it is wider, because of the tilt. So the
# $q$ of the best ELBO, `width` 1.0, is narrower than that, and narrow is the kind that importance sampling dislikes.
# </details>

# %% [markdown]
# ## What the count does not see
#
# Two experiments with Gaussians. In the first, $q$ is the posterior moved by half a standard deviation *in each dimension*. In the
# second the posterior has two islands and $q$ sits on one of them.

# %% tags=["slide"]
predict("05b.blind")

# %% tags=["slide"]
figures.effective_size_and_its_blind_spot()

# %% tags=["slide"]
share, estimate = figures.missed_island()
print(f"effective draws / k: {share:.3f}")
print(f"estimate of log p(x): {estimate:.4f}   exact: 0 (in this toy p(x) = 1)   ln 2 = {math.log(2):.4f}")

# %% tags=["slide"]
predict("05b.blind").was(1_000 * share)

# %% [markdown]
# Left, a small error in each dimension multiplies: the effective share dies with the dimension. **A low count is a warning; a high
# count is no proof.**
#
# Does this happen to real digits? Here are images 3 and 6 of lesson 05's first slider (a 0 and a 4), each with 1,000
# draws.

# %%
flat = given.trained("v1_z2")  # two latent dimensions: a plane, on which log p(x) is known
images = load_mnist("test").images
x = binarize(images[:20], generator=torch.Generator().manual_seed(1))  # (20, 784), zeros and ones
exact = iwae_digits.exact_log_p(flat, x)  # (20,)

# %% tags=["nbval-ignore-output"]
print("image   draws that count   IWAE_1000    exact log p(x)")
for digit in (3, 6):
    one = evaluate(flat, x[digit : digit + 1], "iwae", 1000)
    print(f"{digit:5d}   {one.effective_sample_size:16.1f}   {one.bound:9.2f}   {exact[digit]:15.2f}")

# %%
assert exact[6] - one.bound > 5  # for the course's own tests: nothing of yours is in it

# %% [markdown]
# The first bound came out a little *above* $\log p(x)$: it is a bound in expectation, and this single estimate was lucky. The
# second is another matter.

# %%
posterior.beside_q(flat, x[6])

# %% [markdown]
# The encoder looks for this digit in one place, and its posterior is in another. In the table both counts are low; yet one bound is
# right within half a nat, and the other, whose count is even the higher one, is short by more than ten. No diagnosis made from
# draws of $q$ can know that.
#
# The good news: $\mathrm{IWAE}_k$ is a *lower* bound with any $q$. What is missed is missing, in expectation; it is never invented.

# %% [markdown] tags=["slide"]
# ## A bound from above
#
# As $p(x, z) = p(x)\,p(z|x)$, for *every* $z$
#
# $$\log w = \log p(x) + \log \frac{p(z|x)}{q(z|x)}.$$
#
# Average once over $q$, once over the posterior:
#
# $$\mathbb E_{q}[\log w] = \log p(x) - \mathrm{KL}\big(q\,\|\,p(z|x)\big), \qquad
# \mathbb E_{p(z|x)}[\log w] = \log p(x) + \mathrm{KL}\big(p(z|x)\,\|\,q\big).$$
#
# The first is the ELBO. The second is an **upper bound**, and its gap is lesson 02's other KL: huge where $q$ misses what the
# posterior has. It asks for draws from the posterior, and for one kind of image they are free: draw $z$ from the prior, then $x$
# from the decoder. The pair has density $p(x, z)$, so given this $x$, its $z$ *is* a posterior draw.
#
# *Predict first*: what does it say of the missed island, where the count was perfect?

# %%
share, below = figures.missed_island()
print(f"effective draws / k: {share:.3f}   lower bound: {below:.2f}   exact log p(x): 0")
print(f"upper bound, from posterior draws: {sandwich.missed_island_from_above(1):.1f}")

# %% [markdown]
# Every other posterior draw lies on the other island, with an enormous weight: the alarm that no draw of $q$ gives.

# %% [markdown]
# ### Full path: closing the gap from both sides
#
# Let $F$ and $R$ be two ways to draw the same things, and their densities, and $W = p(x)\,\frac{R}{F}$. As above,
# $\mathbb E_F[\log W] = \log p(x) - \mathrm{KL}(F\,\|\,R)$ and $\mathbb E_R[\log W] = \log p(x) + \mathrm{KL}(R\,\|\,F)$.
#
# * *k draws.* $F$: all from $q$. $R$: one of them, at a random place, from the posterior. $W$ is the mean weight.
# * *A walk of k places* (**annealed importance sampling**, Neal 2001). $F$ starts from $q$ and drifts towards the posterior: its step
#   $t$ is made for the density proportional to $q\,w^{t/k}$. It proposes a small random move and makes it with probability
#   $\min(1, \text{new density} / \text{old density})$ (a *Metropolis* step): points that are spread like that density stay so.
#   $R$ starts from the posterior and steps back. $\log W$ is the mean of $\log w$ over the places.

# %% [markdown]
# <details><summary>Why these are the weights</summary>
#
# *k draws.* $F = q(z_1) \cdots q(z_k)$; $R$ averages over the place $i$ of the posterior draw. So
# $\frac{R}{F} = \frac1k \sum_i \frac{p(z_i|x)}{q(z_i)} = \frac1k \sum_i \frac{w_i}{p(x)}$.
#
# *The walk.* Write $f_t = q\,w^{t/k}$ and $K_t(a \to b)$ for the chance of a step. Ours (Metropolis) are reversible:
# $f_t(a)\,K_t(a \to b) = f_t(b)\,K_t(b \to a)$. So each step brings
# $\frac{K_t(z_t \to z_{t-1})}{K_t(z_{t-1} \to z_t)} = \frac{f_t(z_{t-1})}{f_t(z_t)}$ into $\frac{R}{F}$, and the ends bring
# $\frac{p(z_{k-1}|x)}{q(z_0)}$. In the product every $q$ cancels, and of each $w(z_t)$ the power $\frac1k$ is left:
# $\frac{R}{F} = \frac{1}{p(x)} \prod_{t=0}^{k-1} w(z_t)^{1/k}$.
# </details>

# %% [markdown]
# First where $\log p(x)$ is known: a linear model as in lesson 04b, ten latents, $q$ one standard deviation off in each.

# %% tags=["slide"]
sandwich.bounds_against_work()

# %% [markdown]
# Left, the two KLs. Right, a short walk is worth less than independent draws; a long one closes from both sides.
#
# Now the good model, on 100 images that *it* made:

# %% tags=["nbval-ignore-output"]
good = given.trained("v1_z20")
torch.manual_seed(0)
with torch.no_grad():
    z = torch.randn(100, 20)  # from the prior: for the image made of it, a draw from the posterior
    own = torch.bernoulli(torch.sigmoid(good.dec(z)))  # (100, 784)
    log_w, log_q = sandwich.densities(good, own)  # functions of z
    m, v = good.enc(own)
    start = sample_gaussian(m, v)
    others = torch.stack([log_w(sample_gaussian(m, v)) for _ in range(999)])  # (999, 100)
    print("         k independent draws        a walk of k places")
    print("    k    below    above   apart     below    above   apart")
    for k in (10, 100, 1_000):
        draws = [log_mean_exp(torch.cat([log_w(first)[None], others[: k - 1]]), 0).mean() for first in (start, z)]
        walks = [bound.mean() for bound in sandwich.walk_bounds(start, z, log_w, log_q, k, 0.5 * v.sqrt())]
        print(f"{k:5,d}", *(f"{low:8.2f} {high:8.2f} {high - low:7.2f}" for low, high in (draws, walks)), sep="  ")
x100 = binarize(images[:100], generator=torch.Generator().manual_seed(1))  # (100, 784)
print(f"100 test images, from below, 1,000 draws: {evaluate(good, x100, 'iwae', 1_000).bound:.2f}")
for name, some in {"its own": own, "test": x100}.items():
    terms = evaluate(good, some, iw=100)
    print(f"{name:>7} images: kl {terms.kl:.1f}, rec {terms.rec:.1f}")

# %%
# For the course's own tests: nothing of yours is in these numbers.
assert walks[1] - walks[0] < draws[1] - draws[0] and walks[1] - walks[0] < 2

# %% [markdown]
# In each row both ways decode equally many $z$. At 1,000, independent draws leave some four nats open, the walk about one. So of
# *these* images we know, up to chance, that $\mathrm{IWAE}_{1000}$ misses between 0.4 and 1.5 nats.

# %% [markdown]
# **What it cannot do.** A test image comes without its $z$: from above, nothing holds for it. (The walk from $q$ stays a lower
# bound.) And the two kinds are not alike: the model's own images cost more, by their pixels, not by their $z$. The decoder is less
# sure of a picture that it makes up than of a real digit, and each unsure pixel is a coin. So what was measured on the one kind is
# evidence for the other, no proof.

# %% [markdown] tags=["slide"]
# ## Training with the bound
#
# So far the bound *measured*. It can also be what training minimises: that is the importance-weighted autoencoder, IWAE. What
# changes in the gradient of one image's term? ($\nabla$, read "nabla": the slopes in all parameters.) By the chain rule
# $\nabla \log w = \nabla w / w$, so $\nabla w = w\,\nabla \log w$, and
#
# $$\nabla \log \frac1k \sum_i w_i = \frac{\sum_i \nabla w_i}{\sum_j w_j} = \sum_i \tilde w_i\,\nabla \log w_i .$$

# %% [markdown]
# With the ELBO every draw counts alike, also one that fell where the posterior is not, a hundred nats lower perhaps. So training
# makes $q$ cautious: it stays where it is safe. And the ELBO is $\log p(x)$ *minus* $\mathrm{KL}(q(z|x) \,\|\, p(z|x))$, so the
# model too is paid for making that KL small: it bends until its posteriors look like the ellipses that $q$ can be. With the shares
# $\tilde w_i$ a bad draw is nearly ignored, and the model may keep richer posteriors.

# %% [markdown] tags=["slide"]
# {{ exercise IWAE.loss }}
#
# **Goal.** Make a model that trains with the bound: `loss` as `fit` wants it. It is lesson 04's `loss` with another number to
# minimise.
#
# $$\text{loss} = \text{niwae}, \qquad \text{gen/elbo} = -(\text{kl} + \text{rec})$$
#
# **Shapes.** In: `x`, `(batch, 784)`, and `iw`. Out: the scalar to minimise, and a dictionary with `"train/loss"`, `"gen/elbo"`,
# `"gen/kl_z"` and `"gen/rec"`. All are averaged over the batch already.


# %%
class IWAE(given.VAE):
    def loss(self, x, iw=10):
        """Returns niwae (a scalar) and the dictionary of numbers worth plotting."""
        ### BEGIN SOLUTION
        niwae, kl, rec = self.negative_iwae_bound(x, iw)
        return niwae, {"train/loss": niwae, "gen/elbo": -(kl + rec), "gen/kl_z": kl, "gen/rec": rec}
        ### END SOLUTION


# %%
check(IWAE.loss)

# %% [markdown]
# We train the good model 100 more steps by either bound, and evaluate both by both. (There is nothing to paste: the course lends your
# class a bound.)
#
# *Predict first*: which of the two has the better ELBO? Which the better bound with 200 draws?


# %% tags=["slide"]
if solved(IWAE.loss):
    few = binarize(images[:100], generator=torch.Generator().manual_seed(1))  # (100, 784)
    iwae_digits.trained_and_evaluated(iwae_digits.trained_further(IWAE, few), (1, 200))
else:
    print("When your loss passes, two models are trained here and compared.")

# %% [markdown]
# The lines cross. In this measurement (one run each, 100 test images) the model trained with one draw wins with one, the one
# trained with ten wins with 200: the IWAE has the worse ELBO, because its $q$ no longer tries to be right with a single draw.
# (Finitely many draws, 200 too, understate $\log p(x)$ in expectation, for each model by an amount of its own.)
#
# So **never compare two models by different bounds**, nor by the bound that one of them was trained with. Compare by the best
# estimate of $\log p(x)$ that you can afford.
#
# <details><summary>I get an ELBO equal to −niwae in the dictionary instead of a lower number</summary>
#
# `gen/elbo` is $-(\text{kl} + \text{rec})$ for every model, so that the curves of a VAE and an IWAE can be laid over each other.
# </details>
#
# <details><summary>I get nothing new instead of a change when I raise iw</summary>
#
# `iw` has to reach the bound: `self.negative_iwae_bound(x, iw)`.
# </details>

# %% [markdown]
# <details><summary>An IWAE of your own, from nothing</summary>
#
# About half a minute:
#
# ```python
# own = iwae_digits.with_a_bound(IWAE)(nn="v1", z_dim=20)
# fit(own, load_mnist("train"), objective=lambda model, x: model.loss(x, iw=5), steps=1_000)
# print(evaluate(own, few, "iwae", iw=100))
# ```
# </details>

# %% [markdown]
# **Think.** An IWAE is trained with $k = 10$, each step costs ten times as much in the decoder. What else could you have bought for
# that?
#
# <details><summary>Answer</summary>
#
# Ten times as many steps, or batches of ten times as many images, or a larger encoder whose $q$ fits better. Which one is the best
# is a question for measurement at equal cost; that $k = 10$ wins at equal *steps* does not answer it.
# </details>

# %% [markdown] tags=["slide"]
# ## A tighter bound, a fainter signal
#
# If more draws are better, why not train with $k = 1{,}000$? Training follows *gradients*, and they need a good signal-to-noise
# ratio: the size of the average, divided by the standard deviation.
#
# As $k$ grows the bound tends to $\log p(x)$, **whatever** $q$ is. So its slope in the encoder's parameters tends to 0: a better
# $q$ wins less and less. While $\mathrm{Var}(w)$ is finite it falls like $1/k$, as the gap does; the noise only like $1/\sqrt k$,
# as averages do. So the ratio falls like $1/\sqrt k$ (Rainforth et al. 2018; not where $\mathrm{Var}(w)$ happens to have no slope
# in these parameters). The decoder's slope tends to that of $\log p(x)$: no such trouble.

# %% [markdown] tags=["slide"]
# Two remedies. $\log w$ depends on the encoder's parameters $\phi$ in two ways: along the path $\phi \to z \to \log w$, and
# directly, since $\log q(z|x)$ contains $\phi$.
#
# * **Sticking the landing** (Roeder et al. 2017) drops the direct part. For $k = 1$ its average is 0 (a score, lesson 01), so
#   nothing is lost. For $k > 1$ it is $-\sum_i \tilde w_i \nabla_\phi \log q(z_i|x)$: each score is multiplied by a share that
#   depends on the same draw, so it is *not* 0 on average, and what is left is biased.
# * **DReG** (Tucker et al. 2019) rewrites the direct part, by the trick once more. The result is path only, with *squared* shares:
#   $$\nabla_\phi\,\mathrm{IWAE}_k = \mathbb E\Big[\sum_i \tilde w_i^2\;\frac{\partial \log w_i}{\partial z_i}\,
#   \frac{\partial z_i}{\partial \phi}\Big].$$
#   It is right on average for every $k$. It cures the encoder; the decoder keeps its ordinary gradient.
#
# <details><summary>Where does the square come from?</summary>
#
# Lesson 01 had two gradients with the same average, by the score and by the path. For a function $f$ of the draw $z_i$, itself
# without a direct dependence on $\phi$, that says $\mathbb E[f\,\nabla_\phi \log q(z_i|x)] = \mathbb E\big[\frac{\partial
# f}{\partial z_i}\,\frac{\partial z_i}{\partial \phi}\big]$. The direct part is $-\sum_i \tilde w_i\,\nabla_\phi \log q(z_i|x)$:
# take $f = \tilde w_i$, with the other draws, and $\phi$ inside every log weight, held fixed. The slope of a share (a softmax) is
# $\frac{\partial \tilde w_i}{\partial z_i} = (\tilde w_i - \tilde w_i^2)\,\frac{\partial \log w_i}{\partial z_i}$. So on average
# the direct part is
# $-\sum_i (\tilde w_i - \tilde w_i^2)\,\frac{\partial \log w_i}{\partial z_i}\,\frac{\partial z_i}{\partial \phi}$. The path part
# is the same with $\tilde w_i$ in place of the bracket and a plus sign. Added up, $\tilde w_i^2$ is left.
# </details>

# %% [markdown]
# Here they are in a model of one latent dimension, $z \sim N(\mu, 1)$, $x \sim N(z, 1)$, $q = N(m, \tfrac23)$, with $m$ half a unit
# off. "Encoder" is the slope in $m$, "decoder" in $\mu$.

# %% tags=["slide"]
iwae_estimators.signal_against_draws()

# %% tags=["slide"]
print("signal / noise at k =", "".join(f"{k:8,d}" for k in iwae_estimators.COUNTS))
for name in ("encoder", "dreg", "stl", "decoder"):
    print(f"{name:>21}", "".join(f"{ratio:8.2f}" for ratio in iwae_estimators.signal_to_noise(name)))

# %% [markdown]
# Left, the plain encoder gradient sinks towards the grey line, under which 8,000 repeats cannot tell it from 0; DReG and the
# decoder rise. Right, the averages: the true slope falls like $1/k$, and DReG (triangles) has the plain estimator's average.
# Sticking the landing (`stl` in the table) has the best ratio of all and points to the wrong value: a clear signal of a bias.
#
# <details><summary>One more look at the weights: one draw, picked by its share</summary>
#
# Draw $k$ times from $q$ and then pick *one* of the draws by the shares $\tilde w_i$: what is the distribution of the one picked?
# Cremer et al. (2017) call it $q_{EW}$; you saw it in the first figure, as draws as big as their weights. They show
# $\mathrm{IWAE}_k \le \mathrm{ELBO}(q_{EW}) \le \log p(x)$: the IWAE bound is *at most* the ordinary ELBO of a much more flexible
# $q$. Why at most?
#
# Write $\bar w$ for the mean weight, and put the picked draw first. Each of the $k$ could be it, so the density of all draws is
# $k\,\tilde w_1\,q(z_1|x) \cdots q(z_k|x) = \frac{p(x, z_1)}{\bar w}\,q(z_2|x) \cdots q(z_k|x)$, as
# $\tilde w_1 = w_1 / (k \bar w)$. Compare it with $p(z_1|x)\,q(z_2|x) \cdots q(z_k|x)$, where $z_1$ comes from the true posterior.
# The log of the ratio is $\log p(x) - \log \bar w$, and picking does not change $\bar w$. So the KL from the first to the second is
# $\log p(x) - \mathrm{IWAE}_k$. Of $z_1$ *alone* the KL is $\mathrm{KL}(q_{EW}\,\|\,p(z|x)) = \log p(x) - \mathrm{ELBO}(q_{EW})$.
# And the KL of a part is at most the KL of the whole, which adds the average KL of the rest, given that part.
# </details>

# %% [markdown]
# DReG in PyTorch takes two steps. Inside $\log q$ use `m.detach()` and `v.detach()`: then the path through $z$ is the only way back
# to the encoder. The bound's own gradient brings one factor $\tilde w_i$; the second comes by a *hook*: after `z.register_hook(f)`,
# PyTorch calls `f(slope)` with the gradient that arrives at `z`, and goes on with what `f` returns. The decoder's gradient does not
# pass through `z`.

# %% [markdown]
# {{ exercise dreg_loss }}
#
# **Goal.** Return a loss whose *value* is the negative bound and whose gradient to the encoder is DReG's. (Optional: no later
# lesson needs it.)
#
# $$\nabla_\phi\,\text{loss} = -\sum_i \tilde w_i^2\;\frac{\partial \log w_i}{\partial z_i}\,\frac{\partial z_i}{\partial \phi}
# \quad \text{(per image)}$$
#
# **Shapes.** In: `model`; `x`, `(batch, 784)`; `iw`. Out: a scalar. Draws are averaged inside the logarithm (axis 1), images
# outside; $\tilde w$ is `(batch, iw)`, and the slope at `z` is `(batch, iw, z_dim)`.


# %%
def dreg_loss(model, x, iw):
    """The negative bound, with the doubly reparameterized gradient: a scalar."""
    ### BEGIN SOLUTION
    m, v = model.enc(x)  # (batch, z_dim) each
    m, v = m.unsqueeze(1), v.unsqueeze(1)  # (batch, 1, z_dim)
    z = sample_gaussian(m.expand(-1, iw, -1), v)  # (batch, iw, z_dim)
    log_joint = log_bernoulli_with_logits(x.unsqueeze(1), model.dec(z)) + log_normal(z, *model.z_prior)
    log_w = log_joint - log_normal(z, m.detach(), v.detach())  # (batch, iw)
    share = torch.softmax(log_w, dim=1).detach().unsqueeze(-1)  # (batch, iw, 1)
    z.register_hook(lambda slope: slope * share)
    return -log_mean_exp(log_w, dim=1).mean()
    ### END SOLUTION


# %%
check(dreg_loss)


# %% tags=["nbval-ignore-output"]
if solved(dreg_loss):
    plain, yours = iwae_digits.encoder_signal(flat, x), iwae_digits.encoder_signal(flat, x, dreg_loss)
    print(f"signal / noise of the encoder's gradient, k = 64: plain {plain:.2f}, yours {yours:.2f}")
    assert min(plain, yours) > 0  # for the course's own tests: so is every ratio of this kind
else:
    print("Here the noise of both gradients is measured on real digits.")

# %% [markdown]
# DReG's ratio is above the plain one. The gain is smaller than in the toy: there $q$ was close to the posterior, where DReG's noise
# vanishes; the encoder of a real model never comes that close. For the same reason the plain gradient is far from drowning here.
#
# <details><summary>I get the plain bound's slope instead of DReG's</summary>
#
# $m$ and $v$ still act inside $\log q$. Detach both there, and only there: $z$ must keep its path.
# </details>
#
# <details><summary>I get the slope of sticking the landing instead of DReG's</summary>
#
# The hook is missing, or its $\tilde w$ is 1 everywhere: shares are made along the axis of the draws (axis 1).
# </details>
#
# <details><summary>I get a decoder's slope that is far too small</summary>
#
# $\tilde w^2$ stands before $\log w$ as a whole and weights the decoder's gradient too, which is right with one $\tilde w$. A hook
# on $z$ changes only what flows back through $z$.
# </details>

# %% [markdown]
# **Think.** With $k = 1$ there is a single draw and $\tilde w = 1$. What does DReG become?
#
# <details><summary>Answer</summary>
#
# Sticking the landing, which is right on average for $k = 1$. If $q$ is the exact posterior, $\log w$ does not depend on $z$ at
# all, so the gradient is 0 for every draw: no noise once you have landed. Hence the name.
# </details>

# %% [markdown] tags=["slide"]
# ## Summary
#
# * The gap falls like $1/k$ while $\mathrm{Var}(w)$ is finite (in one dimension: $v_q > \tfrac12 v_p$).
# * The effective sample size warns; it cannot reassure.
# * Training with the bound weighs each draw's gradient by its share. Its ELBO gets worse, its bound better.
# * More draws make the encoder's gradient fainter, except DReG's. Never compare models by different bounds.
#
# Lesson 06 goes the other way, from $z$ to images.

# %% [markdown]
# ## Check your progress

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | the effective sample size is near $k$, and the bound is poor | all draws agree, on one island of several |
# | a bound that hardly moves from 100 draws to 1,000 | close to $\log p(x)$, or a $q$ that is too narrow: the curve alone does not say which |
# | an IWAE whose ELBO is worse than a VAE's | right: its $q$ no longer tries to be right with one draw |
# | training with large $k$ hardly moves the encoder | its gradient is faint beside its noise: smaller $k$, or DReG |
#
# **Group task** (rooms, 10 minutes). Each pair designs a posterior and a $q$ in one dimension for which the effective sample size of
# 1,000 draws is above 900 and the bound at least two nats too low. Who gets by with the smallest island?
#
# <details><summary>Answer</summary>
#
# $q$ sits on one island and fits it; the rest of the posterior is where $q$ never draws. The bound is too low by $-\log$ of the mass
# on $q$'s island: for two nats it holds $e^{-2}$, less than a seventh. All weights agree, so the count is perfect.
# </details>

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, ten minutes: why the gap falls like $1/k$, and when it does not; two islands, and what the effective
# sample size says; the gradient of the bound, with shares; why the encoder's part of it goes to 0. Then compare. What was missing goes
# onto tomorrow's page.

# %% [markdown]
# ## Further reading
#
# * Cremer, Morris, Duvenaud, *Reinterpreting Importance-Weighted Autoencoders*, ICLR workshop 2017: three pages on $q_{EW}$, with
#   the picture that you saw.
# * Rainforth and others, *Tighter Variational Bounds are Not Necessarily Better*, ICML 2018: the signal that sinks, with proof.
# * Tucker, Lawson, Gu, Maddison, *Doubly Reparameterized Gradient Estimators for Monte Carlo Objectives*, ICLR 2019.
# * Wu, Burda, Salakhutdinov, Grosse, *On the Quantitative Analysis of Decoder-Based Generative Models*, ICLR 2017: $\log p(x)$ from
#   above as well as from below.
#
# Next: [06 · Generation](06_generation.ipynb).
