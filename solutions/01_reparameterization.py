# %% [markdown]
# # 01 · The reparameterization trick
#
# A neural network learns by gradients. A variational autoencoder has a *random draw* in its middle. This lesson lets the
# gradient through.

# %% [markdown]
# ## What you will build
#
# One function of two lines, `sample_gaussian(m, v)`. It draws a random number, and still tells you how that number
# changes when `m` and `v` change. Every later lesson stands on it.
#
# After this lesson you can
#
# * say why a gradient stops at a random draw, and draw the graph in which it does not;
# * derive $z = m + \sqrt{v}\,\varepsilon$, and its two derivatives, on a blank page;
# * choose between the two ways of differentiating an expectation, and say when neither works.

# %% [markdown]
# ## Before you start
#
# About 80 minutes: 40 of reading and playing, 41 of exercises (the optional one included). **Short path** (workshop, 30
# minutes): up to exercise 1.1, then the summary.
#
# You need: Python, tensors and `.backward()` in PyTorch, the mean and the variance of a random number. From lesson 00:
# what a latent variable $z$ is. Nothing else.
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
# Three questions on lesson 00. Answer aloud before you open the answers; recalling is what makes it stay.
#
# 1. In the world of the two boxes a red ball was drawn. What is the *posterior*?
# 2. At which $q$ does the ELBO touch $\log p(x)$?
# 3. Why does a VAE need a distribution $q(z|x)$ at all, when $p(x) = \sum_z p(z)\,p(x|z)$ is exact?
#
# <details><summary>Answers</summary>
#
# 1. The distribution of the box *after* seeing the colour: $p(z|x) = p(z)\,p(x|z) / p(x)$.
# 2. At the posterior, and nowhere else.
# 3. The sum runs over all $z$. With many continuous dimensions it cannot be computed, and draws from the prior almost
#    never land where $p(x|z)$ matters. $q$ says where to look.
# </details>

# %%
import torch

from vae_course import check, hint, progress, solution, solved
from vae_course.figures import reparameterization as figures
from vae_course.figures.widgets import explore

# %% [markdown]
# ## A draw has no slope
#
# In a VAE the encoder looks at an image $x$ and answers with two numbers for each latent dimension: a mean $m$ and a
# variance $v$. Then a $z$ is drawn from $N(m, v)$, and the decoder turns it into a picture. How good the picture is, is some
# number $f(z)$. Training means: change $m$ and $v$ a little, so that $f$ gets better *on average*. So we need the slope of
#
# $$\mathbb E_{z \sim N(m, v)}\,[\,f(z)\,]$$
#
# as $m$ and $v$ change.
#
# Take the smallest example, $f(z) = z^2$. Here the truth is known: the variance of $z$ is $\mathbb E[z^2] - m^2$, so
#
# $$\mathbb E[z^2] = m^2 + v, \qquad \frac{d}{dm}\,\mathbb E[z^2] = 2m, \qquad \frac{d}{dv}\,\mathbb E[z^2] = 1.$$
#
# At $m = 1.5$ and $v = 4$ the slopes are therefore **3** and **1**. Let us see whether PyTorch finds them.
#
# *Predict first*: the next cell draws with `torch.normal` and calls `backward()`. What will `m.grad` be: 3, something random
# around 3, or something else?

# %%
m = torch.tensor(1.5, requires_grad=True)
v = torch.tensor(4.0, requires_grad=True)

z = torch.normal(m, v.sqrt())
f = z**2
f.backward()
print("m.grad:", m.grad.item())
print("v.grad:", v.grad.item())

# %% [markdown]
# Zero: no error, no warning, and no learning. To PyTorch `torch.normal` is a machine that throws dice. The number it returned does not
# say by which steps it came from `m` and `v`, so as far as PyTorch can see, wiggling them changes nothing. (Other ways of drawing, such
# as `Normal(m, v.sqrt()).sample()`, give no gradient at all, and then `backward()` fails with an error. That is the friendlier case.)

# %% [markdown]
# ## Move the randomness out
#
# Look for another way of producing the *same* random number, in which `m` and `v` take part by ordinary arithmetic.
#
# Begin with a draw that has no parameters, $\varepsilon \sim N(0, 1)$: mean 0, variance 1. Now stretch it by a number $s$ and
# move it by a number $m$:
#
# $$z = m + s\,\varepsilon.$$
#
# * Its mean is $\mathbb E[z] = m + s\,\mathbb E[\varepsilon] = m$.
# * Its variance is $\mathbb E[(z - m)^2] = s^2\,\mathbb E[\varepsilon^2] = s^2$.
# * A bell curve that is moved and stretched is still a bell curve, so $z \sim N(m, s^2)$.
#
# We want the variance to be $v$, so $s = \sqrt{v}$:
#
# $$\boxed{\;z = m + \sqrt{v}\;\varepsilon, \qquad \varepsilon \sim N(0, 1)\;}$$
#
# This is the **reparameterization trick**. The distribution of $z$ is the same as before. What changed is where the
# randomness enters: no longer *between* $m, v$ and $z$, but from the side.

# %%
figures.where_the_gradient_stops()

# %% [markdown]
# *What to read off:* on the left every path from $f$ back to $m$ and $v$ passes through the dice (round). On the right the dice
# stand beside the path.

# %% [markdown]
# *Predict first*: below, twelve fixed values of $\varepsilon$ become twelve values of $z$. If you raise $m$ by 1, by how much does each
# $z$ move? If you double $\sqrt v$, which $z$ move most?

# %%
explore(figures.move_and_stretch, m=(1.5, -3.0, 3.0, 0.5), v=(4.0, 0.25, 9.0, 0.25))

# %% [markdown]
# *What to read off:* raising $m$ by 1 moves *every* $z$ by 1. Raising $v$ moves those most whose $\varepsilon$ is far from 0,
# outwards on both
# sides. Those movements are the derivatives, for one fixed $\varepsilon$:
#
# $$\frac{dz}{dm} = 1, \qquad \frac{dz}{dv} = \frac{d\sqrt v}{dv}\;\varepsilon = \frac{\varepsilon}{2\sqrt v}.$$

# %% [markdown]
# ## Your turn
#
# Now write it. A latent variable usually has several dimensions and we treat a batch of examples at once, so `m` and `v` are
# tensors, and each of their entries needs noise of its own.

# %% [markdown]
# {{ exercise sample_gaussian }}
#
# **Goal.** Draw $z$ from $N(m, v)$ so that gradients reach `m` and `v`.
#
# $$z = m + \sqrt{v}\;\varepsilon, \qquad \varepsilon \sim N(0, I)$$
#
# ($I$: every entry of $\varepsilon$ is drawn by itself, with variance 1.)
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
# *What to read off:* the histogram of your draws follows the dashed curve: its middle lies at $m = 1$, and nearly all of it
# within three standard
# deviations, $3\sqrt 9 = 9$, on either side.
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
# Somewhere the numbers leave the graph: `torch.normal(m, ...)`, `.sample()`, `.detach()`, `.item()` or `torch.no_grad()`. Write
# $z$ as a formula of `m`, `v` and the noise.
# </details>
#
# <details><summary>I get the same noise in every row instead of new noise</summary>
#
# Noise of shape `(dim,)` is copied to all rows by broadcasting. Give it the shape of `m`.
# </details>

# %% [markdown]
# Stuck? `hint("sample_gaussian")` goes one step at a time.
#
# **Think.** $m - \sqrt v\,\varepsilon$ passes the check as well. Why is it right, although $dz/dv$ has the other sign for the same
# $\varepsilon$?
#
# <details><summary>Answer</summary>
#
# $-\varepsilon$ is standard normal too, so $z$ has the same distribution. For a given *$z$* both ways say
# $dz/dv = (z - m)/(2v)$: express the derivative by what was drawn and the sign of $\varepsilon$ drops out. This is what the
# check compares.
# </details>

# %% [markdown]
# ## Does it find the slopes?
#
# We can now estimate the slope of an *expectation*. The draw of $\varepsilon$ does not depend on $m$ or $v$, so the derivative may move
# inside the average:
#
# $$\frac{d}{dm}\,\mathbb E_{\varepsilon}\big[f(m + \sqrt v\,\varepsilon)\big] = \mathbb E_{\varepsilon}\Big[\frac{d}{dm} f(m + \sqrt v\,\varepsilon)\Big]
# = \mathbb E_{\varepsilon}\big[f'(z)\big].$$
#
# (Allowed when $f$ has no jumps and its slope does not grow too fast: some function with a finite average must lie above
# $|f'(m + \sqrt v\,\varepsilon)|$ for all $m$ near by. What a jump does comes below.) So: draw many $\varepsilon$, average $f$, call `backward()`. For
# $f(z) = z^2$ the answers should be near 3 and 1.
#
# *Predict first*: with 100,000 draws, how near? Will they be off by about one, a tenth or a hundredth? (The average of $n$ draws with
# standard deviation $s$ scatters by $s/\sqrt n$; here $s = 4$ for the slope in $m$.)

# %%
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
# As a rule they are off by about a hundredth (lesson 02 says why). The gradient of every VAE is estimated like this, with a
# single $z$ per image.
# One draw is noisy, and right on average; the next step of training draws again.

# %% [markdown]
# {{ exercise predict_noise }}
#
# **Goal.** Three numbers, with a pencil, before any code: they fix the two most frequent slips in memory.
#
# * `slope`: the value of $dz/dv$ at $v = 4$, when $\varepsilon = 2$ was drawn;
# * `mean` and `variance` of `torch.rand`, the *uniform* noise between 0 and 1 that is typed by mistake for `torch.randn`.
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
# loss alone does not tell; lesson 04 shows by how many nats such a model fools itself.
# </details>

# %% [markdown]
# ## The other way: the score function
#
# There is a second way to differentiate an expectation, and it needs no trick. Write the expectation as an integral, with
# $N(z; m, v)$ for the density at $z$. Only the density depends on $m$:
#
# $$\frac{d}{dm}\int N(z; m, v)\,f(z)\,dz = \int \frac{dN}{dm}\,f(z)\,dz.$$
#
# That is no expectation yet: there is no density left to draw from. But $\frac{d \log N}{dm} = \frac{1}{N}\frac{dN}{dm}$, so
# $\frac{dN}{dm} = N\,\frac{d\log N}{dm}$, and the density is back:
#
# $$\frac{d}{dm}\,\mathbb E[f(z)] = \mathbb E\Big[f(z)\,\frac{d\log N(z; m, v)}{dm}\Big]
# = \mathbb E\Big[f(z)\,\frac{z - m}{v}\Big].$$
#
# The factor $(z - m)/v$ is called the **score**: where $\log N = -\tfrac12 (z - m)^2 / v + \text{const}$ has its slope in $m$.
#
# | | pathwise (the trick) | score function |
# | --- | --- | --- |
# | one draw's estimate | $f'(z)$ | $f(z)\,(z - m)/v$ |
# | needs | the slope of $f$ | only the value of $f$ |
# | needs from the density | a formula $z = g(m, v, \varepsilon)$ | smooth in $m$ and $v$ |
#
# Both are right on average. How much do they scatter?
#
# *Predict first*: let $z$ have $D$ dimensions, each $N(0.5, 1)$, and $f(z) = \sum_i z_i^2$. We want the slope in $m_1$. The pathwise
# estimate is $2 z_1$. How does the scatter of both grow with $D$?

# %%
print("variance of one estimate of the slope in m_1")
print("dimensions   pathwise   score function   with a baseline")
for dims in (1, 10, 100):
    pathwise, score, baseline = figures.estimator_variances(dims)
    print(f"{dims:10d}   {pathwise:8.1f}   {score:14.0f}   {baseline:15.0f}")

# %%
figures.variance_against_dimension()

# %% [markdown]
# *What to read off:* the pathwise variance stays at 4 whatever the dimension, because $2z_1$ does not know about the others. The score
# function multiplies the *whole* sum $f$ by the score, so the noise of all dimensions ends up in the slope of one. A **baseline**
# (subtracting the mean of $f$, which changes no average since $\mathbb E[\text{score}] = 0$) helps, and does not cure it.
#
# A VAE has tens of latent dimensions. This picture is why it is trained with the trick.

# %% [markdown]
# ## When the trick loses
#
# "Pathwise is always better" is *not* true. Take $f(z) = \cos(\omega z)$ with $z \sim N(0.5, 1)$.
# The larger $\omega$, the more wiggles $f$ has
# under $q$. The pathwise estimate $-\omega \sin(\omega z)$ grows with $\omega$; the score estimate does not.
#
# *Predict first*: somewhere the two curves cross. Below or above $\omega = 3$?

# %%
explore(figures.when_the_trick_loses, ω=(1.0, 0.2, 5.0, 0.2))

# %% [markdown]
# *What to read off:* the curves cross near $\omega = 1$. A slope says a lot about a smooth function and little about a wiggly one.

# %% [markdown]
# {{ exercise choose_estimator }}
#
# **Goal.** For each of three integrands, name the estimator that you would use for the slope of the expectation.
#
# * `"square"`: $f(z) = z^2$, with $z \sim N(m, v)$; the slope in $m$.
# * `"step"`: $f(z) = 1$ if $z > 1$ and 0 otherwise, with $z \sim N(m, v)$; the slope in $m$.
# * `"moving edge"`: the same step, but $z$ is uniform between 0 and $\theta$ (with $\theta > 1$); the slope in $\theta$. Check your choice
#   against the truth: $\mathbb E[f] = 1 - 1/\theta$, so the slope is $1/\theta^2$.
#
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
# Compute both estimates with a pencil. Pathwise: $z = \theta u$ with uniform $u$, so it averages $f'(z)\,u$; what is the slope of a step?
# Score: the density is $1/\theta$ on $(0, \theta)$, so its score is $-1/\theta$; multiply by $f$ and average.
# </details>

# %% [markdown]
# **Think.** A binary latent variable ($z$ is 0 or 1, with probability $\theta$) has no pathwise estimate. Why not?
#
# <details><summary>Answer</summary>
#
# $z$ as a function of $\theta$ and outside noise is a step: it stays, and then jumps. Its slope is 0 wherever it exists, so nothing flows.
# One uses the score function, sums over both values, or replaces the step by a smooth stand-in (further reading).
# </details>

# %% [markdown]
# {{ exercise score_function_gradient }}
#
# **Goal.** Write the score-function estimate of the slope in $m$, averaged over $n$ draws that somebody else has made. (Optional: no
# later lesson needs it.)
#
# $$\frac1n \sum_{j=1}^{n} f(z_j)\,\frac{z_j - m}{v}$$
#
# **Shapes.** In: `fz` `(n,)`, the values $f(z_j)$; `z` `(n, dim)`; `m` and `v` `(dim,)`. Out: `(dim,)`. The draws are averaged; nothing
# is summed over dimensions. $f$ may have either sign, and all numbers any size.


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
# The pathwise one does not notice: the slope of a constant is 0. The score-function estimate scatters far more, and its average stays,
# because $\mathbb E[1000 \cdot \text{score}] = 0$. Turn this around and you have the baseline.
# </details>

# %% [markdown]
# ## Summary
#
# * A random draw has no slope. Writing it as $z = m + \sqrt v\,\varepsilon$ keeps its distribution and moves the dice beside the path.
# * $dz/dm = 1$ and $dz/dv = \varepsilon / (2\sqrt v) = (z - m)/(2v)$.
# * The gradient of an expectation becomes an expectation of gradients, estimated by as little as one draw.
# * The score function needs only values of $f$, and usually scatters far more; for wiggly $f$ it can be the other way round. A step under
#   a moving edge defeats both.
#
# In the map of the course: `sample_gaussian` is the line of the VAE that turns the encoder's `m, v` into a `z`. Our model has
# still learned nothing (−543.4 nats per image, lesson 00); the next two lessons build the two terms of what it will minimise.

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
# **Group task** (rooms, 10 minutes). In pairs, one person thinks of a distribution (exponential, uniform on $(a, b)$, log-normal), the
# other looks for a formula that makes it from noise without parameters, and says which derivatives exist. Which one in the room has no
# such formula?

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, five minutes: draw the two graphs; derive the boxed formula from mean and variance; write both
# derivatives; write the two lines of code. Then compare. What was missing goes onto tomorrow's page.

# %% [markdown]
# ## Further reading
#
# * D. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, ICLR 2014, section 2.4: the trick, in half a page, where it was made for
#   this model.
# * D. Rezende, S. Mohamed, D. Wierstra, *Stochastic Backpropagation*, ICML 2014: found at the same time, from the side of the gradients.
# * S. Mohamed, M. Rosca, M. Figurnov, A. Mnih, *Monte Carlo Gradient Estimation in Machine Learning*, JMLR 2020: all estimators side by
#   side; its $\cos$ examples show the crossing that you saw.
# * E. Jang, S. Gu, B. Poole, *Categorical Reparameterization with Gumbel-Softmax*, ICLR 2017: what to do when $z$ is discrete.
#
# Next: [02 · The KL divergence](02_kl_divergence.ipynb).
