# %% [markdown]
# # 02 · The KL divergence
#
# A VAE has two beliefs about its latent variable: what the encoder says after seeing an image, and what the prior said before.
# This lesson builds the ruler that measures how far they are apart.

# %% [markdown]
# ## What you will build
#
# Three functions of one to four lines, `log_normal`, `kl_normal` and `kl_monte_carlo`, and a fourth one that is new to many people: a
# *test*, which tells right versions of `kl_normal` from wrong ones.
#
# After this lesson you can
#
# * say what a nat is, and read a log density and a KL divergence in nats;
# * derive the KL divergence of two Gaussians on a blank page, and say what each of its terms punishes;
# * estimate a KL by sampling, with its error, and explain why single estimates may be negative;
# * say which of $\mathrm{KL}(q\,\|\,p)$ and $\mathrm{KL}(p\,\|\,q)$ picks one of two explanations that lie far apart, and which covers both.

# %% [markdown]
# ## Before you start
#
# About 105 minutes: 50 of reading and playing, 56 of exercises. **Short path** (workshop, 35 minutes): read up to exercise 2.2, skip
# 2.1, then the summary.
#
# You need: Python, tensors, logarithms, the mean and the variance of a random number. From lesson 01: $z = m + \sqrt v\,\varepsilon$.
#
# | here | in many papers | meaning |
# | --- | --- | --- |
# | `qm`, `qv` | $\mu_q, \sigma_q^2$ | mean and **variance** of a Gaussian called $q$ |
# | `pm`, `pv` | $\mu_p, \sigma_p^2$ | the same of a Gaussian called $p$ |
# | $N(z; m, v)$ | $\mathcal N(z; \mu, \sigma^2)$ | the density of $N(m, v)$ at the place $z$ |
# | $\log$ | $\ln$ | the natural logarithm, always |
# | $\mathbb E_q[\,\cdot\,]$ | $\mathbb E_{z \sim q}$ | the average when $z$ is drawn from $q$ |
# | $\mathrm{KL}(q\,\|\,p)$ | $D_{\mathrm{KL}}(q\,\|\,p)$ | "the KL divergence from $q$ to $p$", the topic of this lesson |

# %% [markdown]
# ## Warm-up
#
# Three questions on lesson 01. Answer aloud before you open the answers.
#
# 1. Write $z \sim N(m, v)$ so that gradients reach $m$ and $v$.
# 2. A draw has $m = 0$, $v = 9$, and $z = 6$ came out. What was $\varepsilon$?
# 3. Why does `torch.normal(m, v.sqrt())` not train an encoder?
#
# <details><summary>Answers</summary>
#
# 1. $z = m + \sqrt v\,\varepsilon$ with $\varepsilon \sim N(0, I)$.
# 2. $\varepsilon = (z - m)/\sqrt v = 6/3 = 2$.
# 3. The draw has no slope: the gradient stops there, at 0.
# </details>

# %%
import math

import torch

from vae_course import binarize, check, given, hint, load_mnist, progress, solution, solved
from vae_course.figures import kl_divergence as figures
from vae_course.figures.widgets import explore

# %% [markdown]
# ## Surprise, and its unit
#
# Something had probability $P$, and it happened. How surprised should you be? The rarer, the more; and two independent surprises
# should add up, while their probabilities multiply. The logarithm turns products into sums, so
#
# $$\text{surprise} = -\log P.$$
#
# With the natural logarithm its unit is the **nat**. One nat is a factor of $e \approx 2.718$ in probability. (With $\log_2$ the unit
# is the bit; one bit is $\log 2 = 0.693$ nats.)

# %%
for what, P in [
    ("certain", 1.0),
    ("a coin shows heads", 1 / 2),
    ("a die shows six", 1 / 6),
    ("one in a million", 1e-6),
]:
    print(f"{what:20s} P = {P:<9.2g} surprise {abs(math.log(P)):5.2f} nats")

# %% [markdown]
# Every loss in this course is made of such surprises, in nats: the smaller, the better the model foresaw the data.

# %% [markdown]
# ## The log density of a Gaussian
#
# A continuous $x$ has a density instead of a probability. The bell curve with mean $m$ and variance $v$ is
#
# $$N(x; m, v) = \frac{1}{\sqrt{2\pi v}}\;\exp\Big(-\frac{(x - m)^2}{2v}\Big).$$
#
# The exponential makes the bell. The factor in front makes the area under it 1: twice as wide must be half as high.
#
# Now take the logarithm. The log of a product is a sum, the log of an exponential is its argument, and $\log \frac{1}{\sqrt{2\pi v}} =
# -\tfrac12 \log(2\pi v)$:
#
# $$\log N(x; m, v) = -\tfrac12\Big[\,\underbrace{\log 2\pi}_{\text{constant}} + \underbrace{\log v}_{\text{price of width}} +
# \underbrace{\frac{(x - m)^2}{v}}_{\text{distance, in units of the width}}\Big].$$
#
# No exponential is left: a parabola. (Densities, unlike probabilities, can exceed 1, so a log density can be above 0.)
#
# *Predict first*: $m = 0$, and we look at the place $x = 2$. The slider changes $v$. Small $v$: $x$ is far out in the tail. Large $v$: the
# whole bell is flat. Which $v$ gives $x = 2$ the *highest* log density?

# %%
explore(figures.bell_and_parabola, v=(0.5, 0.5, 9.0, 0.5))

# %% [markdown]
# *What to read off:* as $v$ grows, the parabola opens (the distance counts less) and its top sinks (the price of width). At $x = 2$ the
# best compromise is $v = 4 = (x - m)^2$. With a pencil: the slope of $-\tfrac12[\log v + d^2/v]$ in $v$ is
# $-\tfrac12[1/v - d^2/v^2]$, which is 0 at $v = d^2$. **The best variance is the squared distance**; remember this when a network
# learns variances.

# %% [markdown]
# ## Many dimensions, and why we stay with logs
#
# A latent variable has many dimensions, $z = (z_1, \dots, z_D)$, each with its own mean and variance, independent of the others (a
# "diagonal Gaussian"). Independent densities multiply, so logs add:
#
# $$\log N(x; m, v) = \sum_{i=1}^{D} \log N(x_i; m_i, v_i).$$
#
# *Predict first*: 784 dimensions, each with density about 0.24. What does float32 say of their product?

# %%
density = torch.full((784,), 0.24)
print("product of the densities:", density.prod().item())
print("sum of their logarithms: ", round(density.log().sum().item(), 1))

# %% [markdown]
# The product has left the range of float32, which ends near $10^{-45}$; as a logarithm it is an ordinary number. So nobody ever
# multiplies densities. **Take the logarithm on paper, add on the computer.**

# %% [markdown]
# ## Your turn: log densities
#
# Two things to watch. The last axis holds the dimensions and is *summed*. And `m`, `v` may be smaller than `x`: the prior of our models
# keeps one mean and one variance, shape `(1,)`, for all dimensions; so let the terms meet (broadcast) *before* you sum.

# %% [markdown]
# {{ exercise log_normal }}
#
# **Goal.** The log density of a diagonal Gaussian at $x$, one number per example.
#
# $$-\tfrac12 \sum_i \Big[\log 2\pi + \log v_i + \frac{(x_i - m_i)^2}{v_i}\Big]$$
#
# **Shapes.** In: `x` `(batch, dim)`, or with more axes in front; `m` and `v` the same shape, or one that broadcasts to it. Out: `(batch,)`.
# The last axis is summed; the batch is not averaged. One point each for what a training needs later: gradients in all three inputs (stay with
# torch's functions), and finite values for variances from $10^{-12}$ to $10^{12}$ and far out in the tails.


# %%
def log_normal(x, m, v):
    """log N(x; m, v) in nats, summed over the last axis.

    x: (..., dim); m, v: mean and variance, broadcastable to x. Returns (...,).
    """
    ### BEGIN SOLUTION
    distance = (x - m) ** 2 / v  # (..., dim)
    each = -0.5 * (math.log(2 * math.pi) + torch.log(v) + distance)  # (..., dim)
    return each.sum(dim=-1)  # (...,)
    ### END SOLUTION


# %%
check(log_normal)

# %%
if solved(log_normal):
    x = torch.linspace(-5, 7, 25)[:, None]  # (25, 1): 25 examples of one dimension
    figures.log_density_beside_target(x, log_normal(x, torch.tensor([1.0]), torch.tensor([4.0])))
else:
    print("When log_normal passes its check, your values appear on this curve.")
    figures.log_density_beside_target(None, None)

# %% [markdown]
# *What to read off:* your values lie on a parabola. Its top is at the mean, $x = 1$; one standard deviation away, at $-1$ and at 3, it is half a nat
# lower.
#
# <details><summary>I get a curve that is too narrow or too wide instead of the target</summary>
#
# `v` is a variance. The squared distance is divided by `v` itself, not by `v**2`. And `torch.distributions.Normal` wants the standard
# deviation.
# </details>
#
# <details><summary>I get the right shape but all values too high by the same amount instead of equal ones</summary>
#
# $\tfrac12 \log 2\pi = 0.919$ is missing, once for *every* dimension.
# </details>
#
# <details><summary>I get one number instead of one per example</summary>
#
# `.sum()` adds everything, the batch too. `.sum(-1)` adds the last axis.
# </details>
#
# <details><summary>I get (batch, batch) instead of (batch,)</summary>
#
# A `(batch, 1)` met a `(batch,)`: one of your sums has `keepdim=True`. Add the terms first, then sum once.
# </details>
#
# **Think.** A network learns $m$ and $v$ to make $\log N(x; m, v)$ large, and it can fit one training point exactly, $m = x$. Where does $v$
# go, and where the log density?
#
# <details><summary>Answer</summary>
#
# With $d = 0$ only $-\tfrac12 \log v$ is left: $v \to 0$ and the log density grows without limit. A likelihood of continuous data can be
# *infinitely* good by sitting on the data. This is one reason why our decoder will have black-and-white pixels, whose probabilities cannot
# exceed 1, and why the networks keep a floor under $v$.
# </details>

# %% [markdown]
# ## How far is q from p?
#
# Somebody believes $p$. The world draws from $q$. Each draw $z$ surprises the believer by $-\log p(z)$; someone who knew $q$ would be
# surprised by $-\log q(z)$. The average *extra* surprise is the **KL divergence** (Kullback and Leibler, 1951):
#
# $$\mathrm{KL}(q\,\|\,p) = \mathbb E_q\big[\log q(z) - \log p(z)\big].$$
#
# A coin first. The world's coin is fair, $q = (\tfrac12, \tfrac12)$; somebody believes in heads, $p = (0.9, 0.1)$.
#
# *Predict first*: will $\mathrm{KL}(p\,\|\,q)$, the world loaded and the believer fair, be the same number?

# %%
q, p = torch.tensor([0.5, 0.5]), torch.tensor([0.9, 0.1])
print(f"KL(q || p) = {(q * (q.log() - p.log())).sum():.4f} nats")
print(f"KL(p || q) = {(p * (p.log() - q.log())).sum():.4f} nats")

# %% [markdown]
# They differ: the average runs over another world. The KL is no distance; it has a direction, and **the first argument is the one that is
# drawn from**.
#
# Can it be negative? One inequality decides: the curve $\log t$ never lies above its tangent at $t = 1$, so $\log t \le t - 1$. Put in
# $t = p(z)/q(z)$:
#
# $$-\mathrm{KL}(q\,\|\,p) = \mathbb E_q\Big[\log \frac{p(z)}{q(z)}\Big] \le \mathbb E_q\Big[\frac{p(z)}{q(z)}\Big] - 1
# \le \sum_z p(z) - 1 = 0.$$
#
# (For densities the sum is an integral.) So **KL ≥ 0**, and it is 0 only where $t = 1$ everywhere, that is $q = p$.
#
# *Predict first*: below, $q$ over $p = N(0, 1)$, and underneath what each $z$ contributes, $q(z)\,(\log q(z) - \log p(z))$. The sum of all is not
# negative. Is any single contribution?

# %%
explore(figures.where_the_kl_comes_from, q_mean=(1.0, -3.0, 3.0, 0.5), q_variance=(1.0, 0.25, 3.0, 0.25))

# %% [markdown]
# *What to read off:* the green area minus the grey, hatched one is the KL. Where $p$ is the higher curve, contributions *are* negative; the
# positive area always wins. Set the mean to 0 and the variance to 1: both vanish.

# %% [markdown]
# ## The closed form for Gaussians
#
# For two Gaussians the average can be done with a pencil. One dimension, $q = N(q_m, q_v)$, $p = N(p_m, p_v)$. Write both log densities:
#
# $$\log q(z) = -\tfrac12\Big[\log 2\pi + \log q_v + \frac{(z - q_m)^2}{q_v}\Big], \qquad
# \log p(z) = -\tfrac12\Big[\log 2\pi + \log p_v + \frac{(z - p_m)^2}{p_v}\Big].$$
#
# Only two averages under $q$ are needed.
#
# * $\mathbb E_q[(z - q_m)^2] = q_v$. That is what "variance" means.
# * $\mathbb E_q[(z - p_m)^2] = q_v + (q_m - p_m)^2$. Write $z - p_m = (z - q_m) + (q_m - p_m)$ and square it: the first square averages to
#   $q_v$, the cross term to 0, and the last is a constant.
#
# Subtract. The two $\log 2\pi$ cancel, and $q_v / q_v = 1$:
#
# $$\boxed{\;\mathrm{KL}(q\,\|\,p) = \tfrac12\Big[\log\frac{p_v}{q_v} + \frac{q_v}{p_v} + \frac{(q_m - p_m)^2}{p_v} - 1\Big]\;}$$
#
# Read it term by term:
#
# * $(q_m - p_m)^2 / p_v$ punishes a mean that is far away, measured in $p$'s own width;
# * with $r = q_v/p_v$ the rest is $\tfrac12[\,r - 1 - \log r\,]$, which is 0 at $r = 1$ and positive elsewhere: a $q$ that is too wide pays by $r$, one
#   that is too narrow by $-\log r$.
#
# In many dimensions independent log ratios add up, so their averages do: **sum over dimensions**.
#
# In a VAE $p$ is the prior $N(0, I)$, so $p_m = 0$, $p_v = 1$, and each dimension costs $\tfrac12[q_v + q_m^2 - 1 - \log q_v]$.
#
# *Predict first* (pencil): $q = N(1, 1)$, $p = N(0, 1)$. What is the KL? Then compare with the figure above.

# %% [markdown]
# {{ exercise kl_normal }}
#
# **Goal.** The KL divergence of two diagonal Gaussians, one number per example.
#
# $$\tfrac12 \sum_i \Big[\log\frac{pv_i}{qv_i} + \frac{qv_i}{pv_i} + \frac{(qm_i - pm_i)^2}{pv_i} - 1\Big]$$
#
# ($qv_i$ is one number, `qv[..., i]`, called $q_v$ above; so are the others.)
#
# **Shapes.** In: `qm` and `qv`, `(batch, dim)` or with more axes in front; `pm` and `pv` the same, or `(1,)` as in a prior that is the same for
# all dimensions. Out: `(batch,)`. The last axis is summed; the batch is not averaged. One point each, as in 2.1: gradients in all four inputs,
# and finite values for variances from $10^{-12}$ to $10^{12}$.


# %%
def kl_normal(qm, qv, pm, pv):
    """KL(q || p) of diagonal Gaussians in nats, summed over the last axis.

    qm, qv: (..., dim) mean and variance of q; pm, pv: of p, broadcastable. Returns (...,).
    """
    ### BEGIN SOLUTION
    log_ratio = torch.log(pv) - torch.log(qv)  # (..., dim)
    spread = qv / pv  # (..., dim)
    distance = (qm - pm) ** 2 / pv  # (..., dim)
    return 0.5 * (log_ratio + spread + distance - 1).sum(dim=-1)  # (...,)
    ### END SOLUTION


# %%
check(kl_normal)

# %%
if solved(kl_normal):
    qm = torch.linspace(-3, 3, 13)[:, None]  # (13, 1)
    figures.kl_beside_target(qm, kl_normal(qm, torch.tensor([0.5]), torch.tensor([0.0]), torch.tensor([2.0])))
else:
    print("When kl_normal passes its check, your values appear on this curve.")
    figures.kl_beside_target(None, None)

# %% [markdown]
# *What to read off:* the KL grows with the square of the distance between the means. Its lowest value, at $q_m = 0$, is not 0: the means agree there, and
# $q$ is still narrower than $p$, which costs $\tfrac12[\log 4 + \tfrac14 - 1] = 0.32$ nats.
#
# <details><summary>I get something larger than 0 instead of 0 when q = p</summary>
#
# The $-1$ is missing; or it stands outside the sum, so that it counts once instead of once per dimension.
# </details>
#
# <details><summary>I get negative numbers instead of a KL</summary>
#
# The log ratio is upside down, or the whole has the wrong sign. $p_v$ stands on top in the log, and at the bottom in the other two terms.
# </details>
#
# <details><summary>I get exactly twice the value instead of the value</summary>
#
# The ½ in front.
# </details>
#
# <details><summary>I get the right value for N(0, I) instead of for every p</summary>
#
# The short formula of VAE tutorials has $p_m = 0$ and $p_v = 1$ put in already. Ours is the general one.
# </details>
#
# **Think.** Keep $q_m = p_m$ and compare $q_v = 4 p_v$ with $q_v = p_v / 4$: twice as wide as $p$ against half as wide. Which costs more, and what
# does the other direction, $\mathrm{KL}(p\,\|\,q)$, say?
#
# <details><summary>Answer</summary>
#
# $\tfrac12[4 - 1 - \log 4] = 0.81$ nats against $\tfrac12[\tfrac14 - 1 + \log 4] = 0.32$. Too wide costs more: $q$ then visits places that $p$ finds
# very surprising. In the other direction the two change places.
# </details>

# %% [markdown]
# ## In a real model
#
# Here is a trained VAE from the end of the course. Its encoder looks at 1,000 test digits and returns `m, v` for each of 20 latent
# dimensions. How many nats does it spend on each dimension, compared with the prior $N(0, I)$?
#
# *Predict first*: all 20 about equal, or a few large ones?

# %%
if solved(kl_normal):
    model = given.trained("v1_z20")
    x = binarize(load_mnist("test").images[:1000], generator=torch.Generator().manual_seed(0))  # (1000, 784)
    with torch.no_grad():
        m, v = model.enc(x)  # (1000, 20) each
        one_by_one = kl_normal(m[..., None], v[..., None], torch.zeros(1), torch.ones(1))  # (1000, 20)
    figures.kl_per_dimension(one_by_one)
else:
    print("Here your kl_normal will take a trained model apart, dimension by dimension.")

# %% [markdown]
# *What to read off:* the KL is a budget. Most dimensions carry a nat or more of information about the image; the last ones are not used at all: there
# the encoder answers with the prior, whatever the image, and pays nothing. (The extra axis `[..., None]` makes each dimension an example of its
# own, so that nothing is summed.)

# %% [markdown]
# ## When there is no closed form: sample
#
# For most pairs of distributions nobody can do the integral. But an expectation can always be estimated: draw from $q$, average.
#
# $$\mathrm{KL}(q\,\|\,p) \approx \frac1n \sum_{j=1}^n \big[\log q(z_j) - \log p(z_j)\big], \qquad z_j \sim q.$$
#
# This is called **Monte Carlo**. All it needs is drawing (lesson 01) and two log densities (exercise 2.1). How good is it? Call the spread (standard
# deviation) of a single term $s$. Variances of independent terms add, so the sum has variance $n s^2$; dividing by $n$ divides the variance by
# $n^2$:
#
# $$\text{variance of the average} = \frac{n s^2}{n^2} = \frac{s^2}{n}, \qquad \text{its standard deviation} = \frac{s}{\sqrt n}.$$
#
# *Predict first*: 100 draws give you one digit. How many for two digits?

# %% [markdown]
# {{ exercise kl_monte_carlo }}
#
# **Goal.** For draws that somebody else made from $q$, the list of single estimates, before averaging. (We want to look at them.)
#
# $$\log q(z) - \log p(z), \qquad q = N(qm, qv), \quad p = N(pm, pv)$$
#
# **Shapes.** In: `z` `(n, batch, dim)`, $n$ draws for each example; `qm`, `qv` `(batch, dim)`; `pm`, `pv` the same or `(1,)`. Out: `(n, batch)`. The
# last axis is summed (inside `log_normal`); nothing is averaged.


# %%
def kl_monte_carlo(z, qm, qv, pm, pv):
    """One-draw estimates of KL(q || p), in nats.

    z: (n, batch, dim), drawn from q; qm, qv, pm, pv: (batch, dim) or broadcastable. Returns (n, batch).
    """
    ### BEGIN SOLUTION
    return log_normal(z, qm, qv) - log_normal(z, pm, pv)  # (n, batch)
    ### END SOLUTION


# %%
check(kl_monte_carlo)

# %%
if solved(kl_monte_carlo):
    torch.manual_seed(0)
    qm, qv = torch.tensor([[1.0, -0.5]]), torch.tensor([[0.5, 2.0]])  # (1, 2): one example of two dimensions
    pm, pv = torch.zeros(1), torch.ones(1)
    exact = given.kl_normal(qm, qv, pm, pv).item()
    z = given.sample_gaussian(qm.expand(10_000, 5, 2), qv.expand(10_000, 5, 2))  # (n, 5, 2): five runs
    estimates = kl_monte_carlo(z, qm, qv, pm, pv)  # (n, 5)
    print(f"closed form {exact:.3f} nats; your averages after 10,000 draws:", *(f"{e:.3f}" for e in estimates.mean(0)))
    figures.error_shrinks(estimates, exact)
else:
    print("When kl_monte_carlo passes its check, the averages of its estimates appear around this line.")
    figures.error_shrinks(None, exact=0.875)

# %% [markdown]
# *What to read off:* the band shrinks like $1/\sqrt n$. **One more digit costs 100 times as many draws.** Cheap for a rough number, hopeless for an
# exact one; so use the closed form where there is one. In training a rough number is enough: the next step draws again.
#
# <details><summary>I get numbers near −KL instead of the KL</summary>
#
# The order: $\log q$ first. The draws come from $q$, so on average $q$ finds them less surprising than $p$ does.
# </details>
#
# <details><summary>I get (batch,) instead of (n, batch)</summary>
#
# You averaged over the draws. Leave that to the caller, here.
# </details>
#
# **Think.** Why must $z$ come from $q$? What does the same average estimate if the draws come from $p$?
#
# <details><summary>Answer</summary>
#
# $\mathbb E_p[\log q - \log p] = -\mathrm{KL}(p\,\|\,q)$: another number, with another sign, in the other direction.
# </details>

# %% [markdown]
# ## A KL below zero?
#
# We proved that the KL is never negative. Its estimate from *one* draw is another matter.

# %% [markdown]
# {{ exercise predict_negative_share }}
#
# **Goal.** $q = N(1, 1)$, $p = N(0, 1)$, whose KL is ½. Someone estimates it from a single draw of $q$. How often is that estimate
# negative? Simplify $\log q(z) - \log p(z)$ with a pencil first.
#
# **Answer.** A share between 0 and 1, right to 1 %. You may look up areas of the bell: `torch.special.ndtr(torch.tensor(a))` is the chance that a standard
# normal number lies below `a`.

# %%
predict_negative_share = None
### BEGIN SOLUTION
predict_negative_share = torch.special.ndtr(torch.tensor(-0.5)).item()
### END SOLUTION

# %%
check(predict_negative_share, "predict_negative_share")

# %%
if solved("predict_negative_share"):
    torch.manual_seed(0)
    z = 1 + torch.randn(100_000, 1, 1)
    one, zero = torch.ones(1, 1), torch.zeros(1, 1)
    figures.negative_estimates(given.log_normal(z, one, one) - given.log_normal(z, zero, one))
else:
    print("Here a histogram of 100,000 such estimates will appear.")

# %% [markdown]
# *What to read off:* nearly a third of the estimates are negative, and their average is ½ all the same. A negative "KL" in a log file is no bug if it
# was estimated by sampling; it is one if it came from the closed form.
#
# <details><summary>I get "0.5 is not it" instead of a pass</summary>
#
# The estimates are centred at the KL, not at 0.
# </details>
#
# <details><summary>I get a line in z with the wrong constant instead of the estimate</summary>
#
# $-\tfrac12(z - 1)^2 + \tfrac12 z^2$: multiply out, and the squares cancel.
# </details>
#
# **Think.** Add $\frac{p(z)}{q(z)} - 1$ to each estimate. Its average does not change; why? And why can the sum never be negative?
#
# <details><summary>Answer</summary>
#
# $\mathbb E_q[p/q] = \int p = 1$, so on average nothing was added. With $t = p/q$ the new estimate is $t - 1 - \log t$, and $\log t \le t - 1$ is the
# inequality from above. An estimator that is right on average is not unique; some behave better. (Further reading, Schulman.)
# </details>

# %% [markdown]
# ## Two directions, two characters
#
# $p$ has two bumps, and $q$ may only be *one* Gaussian. It cannot be right; how will it be wrong?
#
# * $\mathrm{KL}(q\,\|\,p)$ averages over places that **q** visits. Where $p \approx 0$, $-\log p$ is huge: $q$ must stay away from there.
# * $\mathrm{KL}(p\,\|\,q)$ averages over places that **p** visits. Where $q \approx 0$ although $p$ is not, $-\log q$ is huge: $q$ must be everywhere $p$ is.
#
# *Predict first*: bumps at −2 and +2, each with standard deviation 0.6. Sketch the best $q$ for each direction.

# %%
explore(figures.two_directions, distance=(2.0, 1.5, 3.0, 0.25))

# %% [markdown]
# *What to read off:* on the left $q$ sits on one bump and pays 0.69 nats, $\log 2$, for missing the other half: where $q$ lives, $p$ is half of what $q$ is.
# The dotted curve is a second valley: started exactly between the bumps, an optimiser stays there, for 1.14 nats. On the right $q$ covers both, with
# standard deviation 2.09, and puts most of its mass where $p$ has hardly any. Move the bumps to 1.5: now the valley in the middle is the deeper one.
#
# For $\mathrm{KL}(p\,\|\,q)$ the best Gaussian simply has $p$'s mean and $p$'s variance, here $0$ and $2^2 + 0.6^2 = 4.36$. (Set the slopes of $\mathbb E_p[\log q]$ to zero:
# "the best variance is the mean squared distance" again.)
#
# A VAE uses the left one, $\mathrm{KL}(q\,\|\,\cdot\,)$, twice: against the prior, in its loss; and against the true posterior, silently, as the gap
# between the ELBO and $\log p(x)$ (lesson 00). It has to: its averages run over $q$, the only one of the two that we can draw from. The price is that
# an encoder with one bump picks *one* explanation of an ambiguous image, if the explanations lie far enough apart.

# %% [markdown]
# ## Write the test
#
# How do you know that a formula in somebody's code is right? You test it; and a test, too, can be wrong: it can refuse what is right, or let through
# what is not. So now the roles are exchanged. You write the test, and the course hands it fifteen versions of `kl_normal`: five right ones (by hand, by
# `torch.distributions`, in float64, ...) and ten with one slip each, the slips that people really make.

# %% [markdown]
# {{ exercise kl_test }}
#
# **Goal.** A function that is given a version of `kl_normal` and says whether it is right. Accept all five right ones; refuse at least 8 of 10 wrong
# ones (a quarter of a point each).
#
# $$\texttt{kl\_test}(\texttt{kl}) = \text{True if } \texttt{kl}(qm, qv, pm, pv) \text{ is what it should be, else False}$$
#
# **Shapes.** In: `kl`, a function of four tensors as in exercise 2.2. Out: `True` or `False`. Whatever `kl` returns should be summed over the last axis
# and have one entry per example. An error inside your test counts as "refused", as in pytest. You know the right value from elsewhere: a pencil,
# `torch.distributions.kl_divergence`, or sampling.


# %%
def kl_test(kl):
    """True if kl(qm, qv, pm, pv) computes the KL divergence of two diagonal Gaussians, else False."""
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(0)
    qm, pm = torch.randn(2, 3, 5, generator=generator)  # (3, 5) each
    qv, pv = 0.3 + 2 * torch.rand(2, 3, 5, generator=generator)  # away from 1, and different
    q, p = torch.distributions.Normal(qm, qv.sqrt()), torch.distributions.Normal(pm, pv.sqrt())
    right = torch.distributions.kl_divergence(q, p).sum(-1)  # (3,)
    got = kl(qm, qv, pm, pv)
    return got.shape == right.shape and torch.allclose(got, right, rtol=1e-4)
    ### END SOLUTION


# %% tags=["no-drawing"]
check(kl_test)

# %%
if solved(kl_test):
    for name, version in {
        "the one from the library": given.kl_normal,
        "arguments swapped": lambda qm, qv, pm, pv: given.kl_normal(pm, pv, qm, qv),
        "twice too large": lambda qm, qv, pm, pv: 2 * given.kl_normal(qm, qv, pm, pv),
        "mean over dimensions": lambda qm, qv, pm, pv: given.kl_normal(qm, qv, pm, pv) / qm.shape[-1],
    }.items():
        print(f"{name:26s}", "accepted" if kl_test(version) else "refused")
else:
    print("Here your test will judge four versions that you can see.")

# %% [markdown]
# <details><summary>I get "refuses a right version" instead of a pass</summary>
#
# Do you compare with `==`? Right versions differ by rounding, about one part in a million. Use `torch.allclose`.
# </details>
#
# <details><summary>I get 7 of ten instead of 8</summary>
#
# Ask what your example cannot see. With $pv = 1$ nothing that concerns $pv$ shows; with one dimension no sum does; with $q = p$ hardly anything.
# </details>
#
# **Think.** "KL(q ‖ q) = 0" is true, and a popular test. Which of the two slips *arguments swapped* and *½ missing* does it find?
#
# <details><summary>Answer</summary>
#
# Neither: both give 0 there as well. A test is worth what it refuses. Testing your tests with planted slips is called *mutation testing*; this course
# is tested in the same way.
# </details>

# %% [markdown]
# ## Summary
#
# * Surprise is $-\log P$, in nats. Log densities of independent dimensions add up.
# * $\mathrm{KL}(q\,\|\,p) = \mathbb E_q[\log q - \log p] \ge 0$: the extra surprise of someone who believes $p$ where $q$ is true. The direction matters.
# * For Gaussians: $\tfrac12\sum_i[\log\frac{p_v}{q_v} + \frac{q_v}{p_v} + \frac{(q_m - p_m)^2}{p_v} - 1]$, summed over dimensions, one per example.
# * Sampling estimates it with an error of $s/\sqrt n$; single estimates can be negative, their average tends to the KL.
# * If $q$ has one bump and $p$ has bumps far enough apart, $\mathrm{KL}(q\,\|\,p)$ picks one of them. $\mathrm{KL}(p\,\|\,q)$ covers all, near or far.
#
# In the map of the course: `kl_normal` is the first of the two terms of a VAE's loss. Our model still knows nothing about digits: −543.4 nats per image. The
# next lesson builds the second term, and the number falls.

# %% [markdown]
# ## Check your progress

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | a KL of a tenth of what the paper has | `.mean(-1)` instead of `.sum(-1)`: divided by the number of dimensions |
# | `nan` | the logarithm of a negative "variance": you passed a log-variance, or a number that nothing had made positive |
# | the KL is negative in the closed form | the log ratio is upside down |
# | the KL is negative from samples | nothing is wrong: look at the average |
# | `(batch, batch)` where `(batch,)` should be | a `keepdim=True` met a sum without it |
# | right for one image, wrong for many | `.squeeze()` without an axis, or `.sum()` without one |
#
# **Group task** (rooms, 12 minutes). In pairs: each writes a version of `kl_normal` with *one* hidden slip and swaps it for the other's, unread. Who finds
# the slip first, using only calls, never reading the code? Tell the room which call gave it away.

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, eight minutes: write $\log N(x; m, v)$; the definition of the KL; the two averages under $q$; the closed form; the proof that
# it is not negative. Then compare. What was missing goes onto tomorrow's page.

# %% [markdown]
# ## Further reading
#
# * S. Kullback, R. Leibler, *On Information and Sufficiency*, 1951: the original, readable, and about tests.
# * T. Cover, J. Thomas, *Elements of Information Theory*, chapter 2: surprise, entropy and KL with all proofs.
# * D. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, ICLR 2014, appendix B: the closed form, in the place where VAEs got it from.
# * T. Minka, *Divergence Measures and Message Passing*, 2005: the two directions, and everything between them, in pictures.
# * J. Schulman, *Approximating KL Divergence*, 2020 (blog): estimators by sampling that are never negative.
#
# Next: [03 · Reconstruction](03_reconstruction.ipynb).
