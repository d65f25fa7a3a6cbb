# %% [markdown] tags=["slide"]
# # 01 · The reparameterization trick
#
# A neural network learns by gradients: how does the result change with each weight? In the middle of a variational autoencoder a
# number is *drawn by chance*. Can a throw of dice have a slope? Here are twelve numbers $z$ from a bell curve (mean $m$, variance
# $v$). Run the cell, and move the curve.

# %% tags=["slide"]
import math

import torch

from vae_course import check, hint, predict, progress, puzzle, solution, solved
from vae_course.figures import reparameterization as figures
from vae_course.figures.widgets import explore

explore(figures.move_and_stretch, m=(1.5, -3.0, 3.0, 0.5), v=(4.0, 0.25, 9.0, 0.25))

# %% [markdown]
# Each $z$ (below) hangs on a thread from its own noise $\varepsilon$ (above), which never moves. How must $z$ be made, so that a
# network can learn *through* a random draw?
#
# **Who uses it?** Whoever trains through noise: reinforcement learning with random actions (soft actor-critic, Haarnoja and others,
# ICML 2018), or Stan, which fits statistical models with it (ADVI, Kucukelbir and others, JMLR 2017).

# %% [markdown]
# ## What you will build
#
# Two lines on which every later lesson stands: `sample_gaussian(m, v)`, a random number that tells how it changes with `m` and `v`.
# Afterwards you can
#
# * draw two graphs of a random draw, and the gradient's way in each;
# * derive the trick and its two derivatives on a blank page;
# * choose between two ways of differentiating an expectation, and say when neither works.

# %% [markdown]
# ## Before you start
#
# About 80 minutes: 40 of reading and playing, 41 of exercises (the optional one included). **Short path** (workshop, 30 minutes):
# run the cells in turn, and read up to exercise 1.1 and the formula under it, then the summary.
#
# You need: Python, tensors and `.backward()` in PyTorch, mean and variance of a random number; from lesson 00, what a latent
# variable $z$ is.
#
# | here | in many papers | meaning |
# | --- | --- | --- |
# | `m`, $m$ | $\mu$ | the mean |
# | `v`, $v$ | $\sigma^2$ | the **variance**: the standard deviation is $\sqrt{v}$ |
# | $z \sim N(m, v)$ | $z \sim \mathcal N(\mu, \sigma^2)$ | z is drawn from a normal distribution with mean m and variance v |
# | $\mathbb E[\,\cdot\,]$ | the same | the average over infinitely many draws |

# %% [markdown]
# ## Warm-up
#
# Three questions on lesson 00. Answer aloud before you open the answers.
#
# 1. A red ball was drawn from the two boxes. What is the *posterior*?
# 2. At which $q$ does the ELBO touch $\log p(x)$?
# 3. Why does a VAE need $q(z|x)$ at all, when $p(x) = \sum_z p(z)\,p(x|z)$ is exact?
#
# <details><summary>Answers</summary>
#
# 1. The distribution of the box *after* seeing the colour: $p(z|x) = p(z)\,p(x|z) / p(x)$.
# 2. At the posterior, and nowhere else.
# 3. The sum runs over all $z$. With many continuous dimensions it cannot be computed, and draws from the prior almost never land
#    where $p(x|z)$ matters. $q$ says where to look.
# </details>

# %% [markdown] tags=["slide"]
# ## The slope of an average
#
# The encoder of a VAE answers an image $x$ with a mean $m$ and a variance $v$ for each latent dimension. A $z$ is drawn from
# $N(m, v)$, the decoder turns it into a picture, and some number $f(z)$ says how good it is. To make $f$ better *on average*,
# training needs the slope of
#
# $$\mathbb E_{z \sim N(m, v)}\,[\,f(z)\,]$$
#
# as $m$ and $v$ change.

# %% [markdown] tags=["slide"]
# Take $f(z) = z^2$. The variance of $z$ is $\mathbb E[z^2] - m^2$, so here the truth is known:
#
# $$\mathbb E[z^2] = m^2 + v, \qquad \frac{d}{dm}\,\mathbb E[z^2] = 2m, \qquad \frac{d}{dv}\,\mathbb E[z^2] = 1.$$
#
# At $m = 1.5$ and $v = 4$ the slopes are **3** and **1**. The next cells draw with `torch.normal` and call `backward()`.

# %% tags=["slide"]
predict("01.normal-slope")

# %% tags=["slide"]
m = torch.tensor(1.5, requires_grad=True)
v = torch.tensor(4.0, requires_grad=True)

z = torch.normal(m, v.sqrt())
f = z**2
f.backward()
print("m.grad:", m.grad.item())
print("v.grad:", v.grad.item())

# %% tags=["slide"]
predict("01.normal-slope").was()

# %% [markdown] tags=["slide"]
# ## Move the randomness out
#
# Make the *same* random number so that `m` and `v` take part by ordinary arithmetic. Begin with a draw that has no parameters,
# $\varepsilon \sim N(0, 1)$: mean 0, variance 1. Stretch it by a number $s$ and move it by $m$:
#
# $$z = m + s\,\varepsilon.$$
#
# * Its mean is $\mathbb E[z] = m + s\,\mathbb E[\varepsilon] = m$.
# * Its variance is $\mathbb E[(z - m)^2] = s^2\,\mathbb E[\varepsilon^2] = s^2$.
# * A bell curve, moved and stretched, is still a bell curve, so $z \sim N(m, s^2)$.
#
# For which $s$ is this $N(m, v)$? That last step is yours. The graph, before and after:

# %% tags=["slide"]
figures.where_the_gradient_stops()

# %% [markdown]
# Left, the dice (round) lie on every path from $f$ back to $m$ and $v$. Right, they stand beside it, and $z$ has the same
# distribution.

# %% [markdown]
# ## Your turn
#
# A latent variable usually has several dimensions and comes in batches, so `m` and `v` are tensors.

# %% [markdown] tags=["slide"]
# {{ exercise sample_gaussian }}
#
# **Goal.** Draw $z$ from $N(m, v)$ so that gradients reach `m` and `v`: in every entry
#
# $$\mathbb E[z] = m, \qquad \mathbb E[(z - m)^2] = v,$$
#
# with noise $\varepsilon \sim N(0, I)$, drawn anew at each call ($I$: every entry by itself, with variance 1).
#
# **Shapes.** In: `m` and `v`, both `(batch, dim)`. Out: `z`, the same shape. Nothing is summed, nothing is averaged.


# %%
def sample_gaussian(m, v):
    """Draw z from N(m, v) so that gradients reach m and v.

    m, v: mean and variance, (batch, dim). Returns z, the same shape.
    """
    ### BEGIN SOLUTION
    noise = torch.randn_like(m)  # (batch, dim)
    return m + torch.sqrt(v) * noise
    ### END SOLUTION


# %%
check(sample_gaussian)

# %%
if solved(sample_gaussian):
    torch.manual_seed(0)
    draws = sample_gaussian(torch.full((5000, 1), 1.0), torch.full((5000, 1), 9.0))
    figures.draws_beside_target(draws, m=1, v=9)
else:
    print("When sample_gaussian passes its check, your draws appear over this curve.")
    figures.draws_beside_target(None, m=1, v=9)

# %% [markdown]
# Your draws follow the dashed curve: the middle at $m = 1$, nearly all within three standard deviations, $3\sqrt 9 = 9$, on either
# side. Stuck? `hint("sample_gaussian")` goes one step at a time.
#
# <details><summary>I get a spread of 9 instead of 3</summary>
#
# `v` is a variance. With v = 9 the standard deviation of $z$ is 3: take the square root, once.
# </details>
#
# <details><summary>I get draws on one side of m instead of around it</summary>
#
# `torch.rand` is uniform between 0 and 1. The bell curve around 0 is `torch.randn`.
# </details>
#
# <details><summary>I get "no gradient reaches m", or a slope of 0, instead of 1</summary>
#
# Somewhere the numbers leave the graph: `torch.normal(m, ...)`, `.sample()`, `.detach()`, `.item()` or `torch.no_grad()`. Write $z$
# as a formula of `m`, `v` and the noise.
# </details>
#
# <details><summary>I get the same noise in every row instead of new noise</summary>
#
# Noise of shape `(dim,)` is copied to all rows by broadcasting. Give it the shape of `m`.
# </details>

# %% [markdown] tags=["slide"]
# What you wrote is the **reparameterization trick**:
#
# $$\boxed{\;z = m + \sqrt{v}\;\varepsilon, \qquad \varepsilon \sim N(0, 1)\;}$$
#
# In the first picture, raising $m$ by 1 moves *every* $z$ by 1; raising $v$ moves those most whose $\varepsilon$ is far from 0,
# outwards on both sides. Those movements are the derivatives, for one fixed $\varepsilon$:
#
# $$\frac{dz}{dm} = 1, \qquad \frac{dz}{dv} = \frac{d\sqrt v}{dv}\;\varepsilon = \frac{\varepsilon}{2\sqrt v}.$$

# %% [markdown]
# **Think.** $m - \sqrt v\,\varepsilon$ passes the check as well. Why is it right, although $dz/dv$ has the other sign for the same
# $\varepsilon$?
#
# <details><summary>Answer</summary>
#
# $-\varepsilon$ is standard normal too, so $z$ has the same distribution. For a given *$z$* both ways say $dz/dv = (z - m)/(2v)$:
# express the derivative by what was drawn and the sign of $\varepsilon$ drops out. This is what the check compares.
# </details>

# %% [markdown] tags=["slide"]
# ## Does it find the slopes?
#
# Now the slope of an *expectation*. The draw of $\varepsilon$ does not depend on $m$ or $v$, so for an $f$ without jumps the
# derivative may move inside the average:
#
# $$\frac{d}{dm}\,\mathbb E_{\varepsilon}\big[f(m + \sqrt v\,\varepsilon)\big]
# = \mathbb E_{\varepsilon}\Big[\frac{d}{dm} f(m + \sqrt v\,\varepsilon)\Big]
# = \mathbb E_{\varepsilon}\big[f'(z)\big].$$
#
# <details><summary>Exactly when?</summary>
#
# When $f$ has no jumps and its slope does not grow too fast: some function with a finite average must lie above
# $|f'(m + \sqrt v\,\varepsilon)|$ for all $m$ near by.
# </details>

# %% [markdown]
# So draw many $\varepsilon$, average $f$, call `backward()`. The average of $n$ draws scatters by their standard deviation over
# $\sqrt n$ (lesson 02). For the slope in $m$ each one is $2z$, and $z$ has standard deviation $\sqrt 4 = 2$: it scatters by
# $4/\sqrt{100{,}000}$, about a hundredth.

# %% tags=["slide"]
if solved(sample_gaussian):
    torch.manual_seed(0)
    m = torch.tensor(1.5, requires_grad=True)
    v = torch.tensor(4.0, requires_grad=True)
    z = sample_gaussian(m.expand(100_000, 1), v.expand(100_000, 1))  # (100000, 1)
    (z**2).mean().backward()
    print(f"slope in m: {m.grad:.2f}   (exact: 3)")
    print(f"slope in v: {v.grad:.2f}   (exact: 1)")
else:
    print("Here your function will estimate the slopes 3 and 1.")

# %% [markdown]
# The gradient of every VAE is estimated like this, from one $z$ per image: noisy, right on average, and drawn again at the next
# step.

# %% [markdown]
# {{ exercise predict_noise }}
#
# **Goal.** Three numbers, with a pencil, before any code: they fix the two most frequent slips in memory.
#
# * `slope`: the value of $dz/dv$ at $v = 4$, when $\varepsilon = 2$ was drawn;
# * `mean` and `variance` of `torch.rand`, the *uniform* noise between 0 and 1 that is typed by mistake for `torch.randn`.
#
# (The average of any $g(u)$ over a uniform $u$ is the area under it, $\int_0^1 g(u)\,du$; a variance is
# $\mathbb E[u^2] - \mathbb E[u]^2$.)
#
# **Answer.** A dictionary of three numbers, right to 1 %. Fractions such as `1 / 3` are welcome.

# %%
predict_noise = {"slope": None, "mean": None, "variance": None}
### BEGIN SOLUTION
predict_noise = {"slope": 2 / (2 * 4**0.5), "mean": 1 / 2, "variance": 1 / 12}
### END SOLUTION

# %%
check(predict_noise, "predict_noise")

# %% [markdown]
# <details><summary>I get 2 instead of the slope</summary>
#
# 2 is $dz/d\sqrt v$. The question is how $z$ moves when the *variance* moves: one more factor, $d\sqrt v/dv = 1/(2\sqrt v)$.
# </details>
#
# <details><summary>I get 1/3 instead of the variance</summary>
#
# $\int_0^1 u^2\,du = 1/3$ is $\mathbb E[u^2]$. The variance is $\mathbb E[u^2] - \mathbb E[u]^2$.
# </details>

# %% [markdown]
# **Think.** A classmate's VAE trains with `rand` and the loss falls. What would you look at to notice?
#
# <details><summary>Answer</summary>
#
# The draws: a histogram of $(z - m)/\sqrt v$ should be a bell around 0 with standard deviation 1. Theirs is a box from 0 to 1. The
# loss alone does not tell; lesson 04b shows by how many nats such a model fools itself.
# </details>

# %% [markdown] tags=["slide"]
# ## The other way: the score function
#
# A second way to differentiate an expectation needs no trick. Write it as an integral; only the density depends on $m$, which is
# $N(z; m, v) = \frac{1}{\sqrt{2\pi v}} \exp\big(-\tfrac12 (z - m)^2 / v\big)$:
#
# $$\frac{d}{dm}\int N(z; m, v)\,f(z)\,dz = \int \frac{dN}{dm}\,f(z)\,dz.$$
#
# An average has the form $\int N \cdot (\ldots)\,dz$, and here $N$ has become $\frac{dN}{dm}$: there is nothing to draw from. But
# $\frac{d \log N}{dm} = \frac{1}{N}\frac{dN}{dm}$, so $\frac{dN}{dm} = N\,\frac{d\log N}{dm}$, and the density is back:
#
# $$\frac{d}{dm}\,\mathbb E[f(z)] = \mathbb E\Big[f(z)\,\frac{d\log N(z; m, v)}{dm}\Big]
# = \mathbb E\Big[f(z)\,\frac{z - m}{v}\Big].$$
#
# The factor $(z - m)/v$, the slope in $m$ of $\log N = -\tfrac12 (z - m)^2 / v + \text{const}$, is called the **score**.
#
# | | pathwise (the trick) | score function |
# | --- | --- | --- |
# | one draw's estimate | $f'(z)$ | $f(z)\,(z - m)/v$ |
# | needs | the slope of $f$ | only the value of $f$ |
# | needs from the density | a formula $z = g(m, v, \varepsilon)$ | smooth in $m$ and $v$ |
#
# Both are right on average. How do they scatter? Let $z$ have $D$ dimensions, each $N(0.5, 1)$, and $f(z) = \sum_i z_i^2$. The slope in
# $m_1$ is estimated pathwise by $2 z_1$, and by the score function by $\big(\sum_i z_i^2\big)(z_1 - 0.5)$.

# %% tags=["slide"]
predict("01.scatter")

# %%
print("variance of one estimate of the slope in m_1")
print("dimensions   pathwise   score function   with a baseline")
for dims in (1, 10, 100):
    pathwise, score, baseline = figures.estimator_variances(dims)
    print(f"{dims:10d}   {pathwise:8.1f}   {score:14.0f}   {baseline:15.0f}")

# %% tags=["slide"]
figures.variance_against_dimension()

# %% tags=["slide"]
predict("01.scatter").was()

# %% [markdown] tags=["slide"]
# A **baseline** (subtract the mean of $f$, which changes no average since $\mathbb E[\text{score}] = \mathbb E[z - m]/v = 0$) helps, and does not cure
# it. A VAE has tens of latent dimensions: hence the trick.

# %% [markdown]
# ## When the trick loses
#
# Pathwise is *not* always better: take $f(z) = \cos(\omega z)$ with $z \sim N(0.5, 1)$. The larger $\omega$, the more wiggles under
# the bell curve. The pathwise estimate $-\omega \sin(\omega z)$ grows with $\omega$; the score estimate does not.

# %% tags=["slide"]
explore(figures.when_the_trick_loses, ω=(1.0, 0.2, 5.0, 0.2))

# %% [markdown]
# The curves cross near $\omega = 1$. A slope says a lot about a smooth function and little about a wiggly one.

# %% [markdown]
# {{ exercise choose_estimator }}
#
# **Goal.** For each of three integrands, name the estimator that you would use for the slope of the expectation.
#
# * `"square"`: $f(z) = z^2$, with $z \sim N(m, v)$; the slope in $m$.
# * `"step"`: $f(z) = 1$ if $z > 1$ and 0 otherwise, with $z \sim N(m, v)$; the slope in $m$.
# * `"moving edge"`: the same step, but $z$ is uniform between 0 and $\theta$ (with $\theta > 1$); the slope in $\theta$. Pathwise,
#   $z = \theta u$ with uniform $u$, so $f'(z)\,u$ is averaged. The density is $1/\theta$ on $(0, \theta)$, so the score is $-1/\theta$.
#   Check both against the truth: $\mathbb E[f] = 1 - 1/\theta$, so the slope is $1/\theta^2$.

# %% [markdown]
# **Answer.** For each, one of the words `"pathwise"`, `"score function"`, `"neither"`: the better one of those that are right on
# average.

# %%
choose_estimator = {"square": None, "step": None, "moving edge": None}
### BEGIN SOLUTION
choose_estimator = {"square": "pathwise", "step": "score function", "moving edge": "neither"}
### END SOLUTION

# %%
check(choose_estimator, "choose_estimator")

# %% [markdown]
# <details><summary>I get "not it" instead of a pass for the moving edge</summary>
#
# Compute both estimates with a pencil. Pathwise: what is the slope of a step? Score: multiply $-1/\theta$ by $f$ and average.
# </details>

# %% [markdown]
# **Think.** A binary latent variable ($z$ is 0 or 1, with probability $\theta$) has no pathwise estimate. Why not?
#
# <details><summary>Answer</summary>
#
# $z$ as a function of $\theta$ and outside noise is a step: it stays, and then jumps. Its slope is 0 wherever it exists, so nothing
# flows. One uses the score function, sums over both values, or replaces the step by a smooth stand-in (further reading).
# </details>

# %% [markdown]
# {{ exercise score_function_gradient }}
#
# **Goal.** Write the score-function estimate of the slope in $m$, averaged over $n$ draws that somebody else has made. (Optional:
# no later lesson needs it.)
#
# $$\frac1n \sum_{j=1}^{n} f(z_j)\,\frac{z_j - m}{v}$$
#
# **Shapes.** In: `fz` `(n,)`, the values $f(z_j)$; `z` `(n, dim)`; `m` and `v` `(dim,)`. Out: `(dim,)`. The draws are averaged;
# nothing is summed over dimensions. $f$ may have either sign, and all numbers any size.


# %%
def score_function_gradient(fz, z, m, v):
    """The score-function estimate of d E[f(z)] / dm from n draws.

    fz: (n,); z: (n, dim); m, v: (dim,). Returns (dim,).
    """
    ### BEGIN SOLUTION
    score = (z - m) / v  # (n, dim)
    return (fz[:, None] * score).mean(dim=0)
    ### END SOLUTION


# %%
check(score_function_gradient)

# %%
if solved(score_function_gradient):
    torch.manual_seed(0)
    center, spread = torch.tensor([1.5]), torch.tensor([4.0])
    z = center + spread.sqrt() * torch.randn(100_000, 1)
    slope = score_function_gradient(z.squeeze(-1) ** 2, z, center, spread)
    print(f"slope in m by the score function: {slope.item():.1f}   (exact: 3)")
else:
    print("Here the score function will estimate the slope 3 from the same kind of draws.")

# %% [markdown]
# <details><summary>I get a shape error, or (n, n), instead of (dim,)</summary>
#
# `fz` is `(n,)` and the score `(n, dim)`. Give `fz` a second axis: `fz[:, None]` is `(n, 1)` and multiplies every column.
# </details>

# %% [markdown]
# **Think.** Add 1,000 to $f$. Which of the two estimates changes, and does its average?
#
# <details><summary>Answer</summary>
#
# The pathwise one does not notice: the slope of a constant is 0. The score-function estimate scatters far more, and its average
# stays, because $\mathbb E[1000 \cdot \text{score}] = 0$. Turn this around and you have the baseline.
# </details>

# %% [markdown]
# ## Puzzles
#
# Optional, about 15 minutes, no points. A puzzle is an exercise once more under a rule about how it is *written*, or a weak test for you
# to break. `puzzle(...)` looks at both: the rule, and the exercise's own check.
#
# After a pass you see the length of your answer in operations (each call, operator and subscript is one), beside ours and the shortest
# that we know. Write all of it inside the function: `torch`, `math` and the builtins that compute are there, other names of the notebook
# are not.

# %% [markdown]
# ### Without a root
#
# Write `sample_gaussian` without a square root and without a power: no `sqrt`, no `**`, nor what takes one for you (`std`, `norm`,
# `torch.distributions`). In many codebases the network puts out $\log v$ in place of $v$, and they draw from it without a root.


# %%
def draw_without_root(m, v):
    """z from N(m, v), as in exercise 1.1."""
    ### BEGIN SOLUTION
    return m + torch.exp(torch.log(v) / 2) * torch.randn_like(m)
    ### END SOLUTION


# %%
puzzle("01.no-root", draw_without_root)

# %% [markdown]
# ### Break the test
#
# Somebody tests `sample_gaussian` so:


# %%
def weak_test_of_sampling(sample_gaussian):
    m, v = torch.full((10_000, 2), 3.0), torch.ones(10_000, 2)
    z = sample_gaussian(m, v)
    assert z.shape == (10_000, 2)
    assert abs(z.mean() - 3) < 0.05
    assert abs(z.var() - 1) < 0.1


# %% [markdown]
# Hand in a *wrong* function that this test accepts. Your function must run for every shape that the exercise asks; it may use what
# the notebook has. The check of exercise 1.1 then says what is wrong with it.


# %%
def wrong_draw(m, v):
    """Wrong, and the test above accepts it."""
    ### BEGIN SOLUTION
    return m + v * torch.randn_like(m)
    ### END SOLUTION


# %%
puzzle("01.break-sampling", wrong_draw)

# %% [markdown] tags=["slide"]
# ## Summary
#
# * A random draw has no slope. $z = m + \sqrt v\,\varepsilon$ keeps its distribution and moves the dice beside the path.
# * $dz/dm = 1$ and $dz/dv = \varepsilon / (2\sqrt v) = (z - m)/(2v)$.
# * The gradient of an expectation becomes an expectation of gradients; one draw estimates it.
# * (Full path.) The score function needs only values of $f$, and usually scatters far more; for wiggly $f$ it can scatter less. A step under a
#   moving edge defeats both.
#
# Our model has still learned nothing (−543.4 nats per image, lesson 00). The next two lessons build the two terms that it will
# minimise.

# %% [markdown]
# ## Check your progress

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | `element 0 of tensors does not require grad` | the draw was made by `.sample()`, after `.detach()` or under `no_grad` |
# | gradients that are exactly 0 | the draw was made by `torch.normal(m, ...)` |
# | the spread is $v$, not $\sqrt v$ | the root is missing: `v` is a variance all through this course |
# | the spread is $e^{v/2}$ | `v` was taken for a log-variance, as in many codebases; here the network makes it positive itself |
# | all examples move together | the noise has too few axes and was broadcast |
# | the result is right once and never changes | a seed is set inside the function |
#
# **Group task** (rooms, 10 minutes). In pairs, one names a distribution (exponential, uniform on $(a, b)$, log-normal), the other
# finds a formula that makes it from noise without parameters, and its derivatives. Which one in the room has none?

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, five minutes: the two graphs; the boxed formula, derived from mean and variance; both derivatives;
# the two lines of code. Then compare. What was missing goes onto tomorrow's page.

# %% [markdown]
# ## Further reading
#
# * D. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, ICLR 2014, section 2.4: the trick, made for this model.
# * D. Rezende, S. Mohamed, D. Wierstra, *Stochastic Backpropagation*, ICML 2014: found at the same time, from the side of the
#   gradients.
# * S. Mohamed, M. Rosca, M. Figurnov, A. Mnih, *Monte Carlo Gradient Estimation in Machine Learning*, JMLR 2020: all estimators
#   side by side, and your crossing for $\cos$.
# * E. Jang, S. Gu, B. Poole, *Categorical Reparameterization with Gumbel-Softmax*, ICLR 2017: for a discrete $z$.
#
# Next: [02 · The KL divergence](02_kl_divergence.ipynb).
