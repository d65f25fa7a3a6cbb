# %% [markdown] tags=["slide"]
# # 10 · Towards diffusion
#
# A VAE with one layer of latents, then one with two, then one with a thousand, whose encoder only adds noise and is never trained. Move
# the moment from the first step to the last.

# %% tags=["slide"]
import math

import torch

from vae_course import check, fit, hint, predict, progress, solution, solved
from vae_course.figures import diffusion as figures
from vae_course.figures import gaussian_diffusion, small_digits, swiss_roll
from vae_course.figures.widgets import explore
from vae_course.given import kl_normal, log_bernoulli_with_logits, log_mean_exp, log_normal, sample_gaussian

explore(swiss_roll.there_and_back, moment=(4, 1, 13, 1))

# %% [markdown]
# Left, 400 points of a spiral dissolve. Right, other points begin as pure noise (moment 13), and a small network leads them back (moment 1). The network
# was trained for half a minute, by a bound that is the ELBO of lesson 04.
#
# **Who uses it?** Many programs that make pictures from a sentence. Some run the noise in the latent space of an autoencoder (Rombach and others,
# CVPR 2022), so that both halves of this course are in them.

# %% [markdown]
# ## What you will build
#
# `two_layer_log_weight`, the log weight of a VAE with two layers; `q_sample`, all the noise at once; `posterior_mean_variance`, one step back;
# `step_kl`, what a step costs; and with these a diffusion model of points and one of digits. After this lesson you can
#
# * write down the bound of a VAE with any number of layers;
# * derive the loss of a diffusion model from that bound, and say what its simple form leaves out;
# * compare a diffusion model with a VAE in bits per pixel, honestly.

# %% [markdown]
# ## Before you start
#
# About 120 minutes: 57 of reading and playing, 63 of exercises; the optional one takes 8 more. **Short path** (workshop, 45 minutes): run the cells in
# turn, and read "The encoder adds noise" with exercise 10.2, "One step back" without its exercise, "What a step costs" with exercise 10.5, "Digits", the summary.
#
# This lesson is beyond the core: its points count apart. You need lessons 02 to 04, and 05 for the log weight. All else is given.

# %% [markdown]
# ## Warm-up
#
# Three questions on earlier lessons. Answer aloud before you open the answers.
#
# 1. Two Gaussians have the same variance. What is their KL (lesson 02)?
# 2. What is the log weight of a draw, and what is its average (lesson 05)?
# 3. By how much does the ELBO lie below $\log p(x)$ (lesson 04)?
#
# <details><summary>Answers</summary>
#
# 1. The squared distance of the means, over twice the variance.
# 2. $\log p(x, z) - \log q(z|x)$. Its average over $q$ is the ELBO.
# 3. By the KL from $q(z|x)$ to the posterior. It is 0 just when $q$ is the posterior.
# </details>

# %% [markdown] tags=["slide"]
# ## Two layers
#
# A VAE's prior is a plain Gaussian, which its latents over all images should follow (lesson 06 found holes in it). Let a second layer choose the prior of
# the first: the model draws $z_2$, then $z_1$, then the image.
#
# $$p(x, z_1, z_2) = p(z_2)\;p(z_1|z_2)\;p(x|z_1), \qquad q(z_1, z_2|x) = q(z_1|x)\;q(z_2|z_1).$$
#
# The encoder goes the other way: the image gives $z_1$, and $z_1$ gives $z_2$. The densities of $z_1$ and $z_2$ are Gaussians whose means and variances are made by
# networks, $p(x|z_1)$ is lesson 03's Bernoulli, and
# $p(z_2) = N(0, I)$.

# %% [markdown]
# Nothing in the derivation of the bound asked how many latents there are. With $z = (z_1, z_2)$ the log weight of a draw is $\log p - \log q$,
# its average is the ELBO, and $k$ draws make $\mathrm{IWAE}_k$. Our images: MNIST's digits made small, 14 × 14 pixels (the mean of each 2 × 2), each pixel black
# with the probability of its grey.

# %%
digits = small_digits.black_and_white(
    small_digits.grey("test"), torch.Generator().manual_seed(1)
)  # (10000, 196): 0 or 1

# %% [markdown]
# {{ exercise two_layer_log_weight }}
#
# **Goal.** The log weight of each draw $z_1, z_2$.
#
# $$\log w = \log p(x|z_1) + \log p(z_1|z_2) + \log p(z_2) - \log q(z_1|x) - \log q(z_2|z_1)$$
#
# **Shapes.** In: `log_p_x`, $\log p(x|z_1)$ as the decoder gave it, `(..., batch)`; the draws `z1`, `(..., batch, dim_1)`, and `z2`,
# `(..., batch, dim_2)`; mean and variance of three Gaussians: `m1, v1` of $q(z_1|x)$, `(batch, dim_1)`; `m2, v2` of $q(z_2|z_1)$ and `pm, pv` of
# $p(z_1|z_2)$, as large as the draw they belong to. Out: `(..., batch)`, in nats. Log densities are summed over the last axis (`log_normal`, imported above, does so); nothing is averaged. For $N(0, I)$ it is
# given `torch.zeros(1), torch.ones(1)`.


# %%
def two_layer_log_weight(log_p_x, z1, z2, m1, v1, m2, v2, pm, pv):
    """log p(x, z1, z2) − log q(z1, z2|x) for each draw, in nats: (..., batch)."""
    ### BEGIN SOLUTION
    log_p = log_p_x + log_normal(z1, pm, pv) + log_normal(z2, torch.zeros(1), torch.ones(1))
    log_q = log_normal(z1, m1, v1) + log_normal(z2, m2, v2)
    return log_p - log_q
    ### END SOLUTION


# %%
check(two_layer_log_weight)

# %%
if solved(two_layer_log_weight):
    layers, x = small_digits.trained("two layers"), digits[:1_000]
    log_w = []
    torch.manual_seed(0)
    with torch.no_grad():
        for _ in range(50):
            m1, v1 = layers.q1(x)
            z1 = sample_gaussian(m1, v1)  # (1000, 30)
            m2, v2 = layers.q2(z1)
            z2 = sample_gaussian(m2, v2)  # (1000, 10)
            log_p_x = log_bernoulli_with_logits(x, layers.decoder(z1))
            log_w.append(two_layer_log_weight(log_p_x, z1, z2, m1, v1, m2, v2, *layers.p1(z2)))
    log_w = torch.stack(log_w)  # (50, 1000)
    print(f"1,000 test digits: NELBO {-log_w.mean():.1f} nats, with 50 draws {-log_mean_exp(log_w, 0).mean():.1f}")
else:
    print("Here your log weights will measure a trained VAE with two layers.")

# %% [markdown]
# Is it worth it? Burda, Grosse and Salakhutdinov (ICLR 2016) trained both on digits of 28 × 28 pixels, and published $-\log p(x)$, estimated with
# 5,000 draws (their table 1):
#
# | trained by | one layer | two layers |
# | --- | --- | --- |
# | the ELBO | 86.76 | 85.33 |
# | the IWAE bound, $k = 50$ | 84.78 | 82.90 |
#
# The model with two layers won between one and two nats (it has more latents and more weights, too). It does not do so by itself: in [one published attempt to
# repeat it](https://github.com/xqding/Importance_Weighted_Autoencoders)
# the VAE with two layers came out worse, 89.16 against 87.78, and only the IWAE better. And on our small digits?

# %%
for name in ("one layer", "two layers"):
    nelbo, bound = small_digits.recording()[f"{name}/numbers"].T  # three runs each
    print(
        f"{name:10s}  NELBO", "  ".join(f"{x:.2f}" for x in nelbo), "   500 draws", "  ".join(f"{x:.2f}" for x in bound)
    )

# %% [markdown]
# (In nats; the second three numbers on the first 2,000 digits, which are easier: do not subtract the columns. One layer has 20 latents, two have 30 and 10.) Three
# runs of a kind differ by as much as the two kinds do: here a second layer wins nothing
# that could be seen.
#
# <details><summary>I get a NELBO far above 37 instead of about that</summary>
#
# Is a term missing, or $\log q$ added? $z_1$ of 30 dimensions costs many nats in each of its two densities, which nearly cancel.
# </details>
#
# <details><summary>I get an error about sizes 30 and 10 instead of a number</summary>
#
# `z1` goes with `m1, v1` and with `pm, pv`; `z2` with `m2, v2` and the prior.
# </details>

# %% [markdown]
# **Think.** The second layer's networks put out $N(0, I)$ for $p(z_1|z_2)$ whatever $z_2$ is, and also for $q(z_2|z_1)$. What is the log weight then?
#
# <details><summary>Answer</summary>
#
# $\log p(z_2)$ and $\log q(z_2|z_1)$ cancel, and what is left is the log weight of one layer. So two layers can do all that one can; whether training finds
# more is another question.
# </details>

# %% [markdown] tags=["slide"]
# ## The encoder adds noise
#
# Why not a thousand layers? Each would bring networks of its own for $q$, which have to keep up with those of $p$ while both are trained. Sohl-Dickstein and
# others (ICML 2015) end this race: **the encoder has no networks**, it only adds noise. Its layers are as large as the image, and each is the one before, faded a
# little, with fresh noise $\varepsilon_t$:
#
# $$x_t = \sqrt{\alpha_t}\;x_{t-1} + \sqrt{1 - \alpha_t}\;\varepsilon_t, \qquad \varepsilon_t \sim N(0, I), \quad t = 1, \dots, T.$$
#
# $x_0$ is the image; $x_1, \dots, x_T$ are the latents, in the place of $z_1, z_2, \dots$ The numbers $\alpha_t$, a little below 1, are the **schedule**; we choose
# it beforehand, as Ho and others (NeurIPS 2020) do. A variance of 1 stays 1, as $\alpha_t \cdot 1 + (1 - \alpha_t) = 1$.

# %% [markdown] tags=["slide"]
# Two steps at once: put $x_1$ into $x_2$. The data are multiplied by $\sqrt{\alpha_2 \alpha_1}$. The two noises are independent Gaussians, so their sum is
# one, and the variances add up: $\alpha_2 (1 - \alpha_1) + (1 - \alpha_2) = 1 - \alpha_2 \alpha_1$. With another step the same happens again. So with
# $\bar\alpha_t = \alpha_1 \alpha_2 \cdots \alpha_t$ (read "alpha bar")
#
# $$q(x_t|x_0) = N\big(\sqrt{\bar\alpha_t}\,x_0,\; 1 - \bar\alpha_t\big).$$
#
# **Any layer can be drawn at once**, without those before it. For data of variance 1, $\bar\alpha_t$ is the share of the variance that is still data. It falls from
# nearly 1 to nearly
# 0, where $x_T$ is as good as pure noise: $p(x_T) = N(0, I)$.

# %% [markdown]
# {{ exercise q_sample }}
#
# **Goal.** Draw $x_t$ from $x_0$ at once. The noise $\varepsilon \sim N(0, I)$ is handed in, because the loss will ask for it again.
#
# $$x_t = \sqrt{\bar\alpha_t}\;x_0 + \sqrt{1 - \bar\alpha_t}\;\varepsilon$$
#
# **Shapes.** In: `x0` and `noise`, `(batch, dim)`; `alpha_bar`, `(batch, 1)`, each example's own $\bar\alpha_t$, or a tensor with one number for all. Out: the shape of `x0`. (Later `alpha_bar` will also be `(steps, 1, 1)`, for many
# steps of the same data at once: then $x_t$ is `(steps, batch, dim)`. Written as above, it needs nothing more.)
# Nothing is summed, nothing averaged.


# %%
def q_sample(x0, alpha_bar, noise):
    """x_t, drawn from x0 at once with the noise that is given: (batch, dim)."""
    ### BEGIN SOLUTION
    return alpha_bar.sqrt() * x0 + (1 - alpha_bar).sqrt() * noise
    ### END SOLUTION


# %%
check(q_sample)

# %% tags=["slide"]
if solved(q_sample):
    torch.manual_seed(0)
    roll = swiss_roll.draw(1_000, 0)  # (1000, 2)
    shares = (0.99, 0.9, 0.1)
    swiss_roll.clouds({rf"$\bar\alpha$ = {a}": q_sample(roll, torch.tensor(a), torch.randn(1_000, 2)) for a in shares})
else:
    print("Here your function will dissolve the spiral.")

# %% [markdown]
# <details><summary>I get points that run apart instead of a round cloud</summary>
#
# The data have to fade while noise is added. At $\bar\alpha = 0.1$ they are multiplied by 0.32.
# </details>
#
# <details><summary>I get a shape of (1000, 1000) or an error instead of (1000, 2)</summary>
#
# `alpha_bar` is `(batch, 1)` and broadcasts along the last axis as it is: no reshape is needed.
# </details>

# %% [markdown]
# **Think.** An ordinary VAE's encoder learns what to keep of the image. What does this one keep?
#
# <details><summary>Answer</summary>
#
# Everything at first, nothing at last, and in between what is coarse: fine detail has little variance and drowns in the noise first. Nothing is chosen for
# its meaning.
# </details>

# %% [markdown] tags=["slide"]
# ## One step back
#
# The model goes from $x_T$ to $x_0$, one step at a time. What should a step back be? First for somebody who **knows $x_0$**: two sources speak of $x_{t-1}$.
#
# * The data: $x_{t-1} \sim N(\sqrt{\bar\alpha_{t-1}}\,x_0,\; 1 - \bar\alpha_{t-1})$, as above.
# * The step: $x_t$ came from $x_{t-1}$, by $N(\sqrt{\alpha_t}\,x_{t-1},\; 1 - \alpha_t)$.
#
# By Bayes' rule the density of $x_{t-1}$ is proportional to the product. Both exponents are squares in $x_{t-1}$, and so is their sum: a Gaussian again.

# %% [markdown] tags=["slide"]
# Compare the exponents. In front of $-\tfrac12 x_{t-1}^2$ stand the precisions (1 over a variance), which add up to that of the result, $1/v$:
#
# $$\frac1v = \frac{1}{1 - \bar\alpha_{t-1}} + \frac{\alpha_t}{1 - \alpha_t}
# = \frac{1 - \alpha_t + \alpha_t (1 - \bar\alpha_{t-1})}{(1 - \bar\alpha_{t-1})(1 - \alpha_t)}
# = \frac{1 - \bar\alpha_t}{(1 - \bar\alpha_{t-1})(1 - \alpha_t)},$$
#
# since $\alpha_t \bar\alpha_{t-1} = \bar\alpha_t$. In front of $x_{t-1}$ itself stands $m / v$:
#
# $$\frac mv = \frac{\sqrt{\bar\alpha_{t-1}}\;x_0}{1 - \bar\alpha_{t-1}} + \frac{\sqrt{\alpha_t}\;x_t}{1 - \alpha_t}.$$

# %% [markdown]
# {{ exercise posterior_mean_variance }}
#
# **Goal.** Mean and variance of $q(x_{t-1}|x_t, x_0)$, from $\bar\alpha_t$ and $\bar\alpha_{t-1}$. (What is $\alpha_t$?)
#
# $$v = \frac{(1 - \bar\alpha_{t-1})(1 - \alpha_t)}{1 - \bar\alpha_t}, \qquad
# m = v\,\Big(\frac{\sqrt{\bar\alpha_{t-1}}\;x_0}{1 - \bar\alpha_{t-1}} + \frac{\sqrt{\alpha_t}\;x_t}{1 - \alpha_t}\Big)$$
#
# **Shapes.** In: `x_t` and `x0`, `(batch, dim)`; `alpha_bar` and `alpha_bar_before`, `(batch, 1)`, or `(1, 1)` for all. Out: one tensor, `torch.stack([m, v])`, of shape
# `(2, batch, dim)`, so that $v$ has to be as large as $m$: `v.expand_as(m)`. Nothing is summed, nothing averaged.


# %%
def posterior_mean_variance(x_t, x0, alpha_bar, alpha_bar_before):
    """Mean and variance of the step before, for whoever knows x_t and x0: (2, batch, dim)."""
    ### BEGIN SOLUTION
    alpha = alpha_bar / alpha_bar_before  # (batch, 1)
    v = (1 - alpha_bar_before) * (1 - alpha) / (1 - alpha_bar)
    m = v * (alpha_bar_before.sqrt() * x0 / (1 - alpha_bar_before) + alpha.sqrt() * x_t / (1 - alpha))
    return torch.stack([m, v.expand_as(m)])
    ### END SOLUTION


# %%
check(posterior_mean_variance)

# %%
if solved(posterior_mean_variance):
    torch.manual_seed(0)
    share, before = torch.tensor([[0.4]]), torch.tensor([[0.6]])
    x0 = torch.tensor([[1.5]])
    earlier = before.sqrt() * x0 + (1 - before).sqrt() * torch.randn(2_000_000, 1)  # x_{t−1}
    later = (share / before).sqrt() * earlier + (1 - share / before).sqrt() * torch.randn(2_000_000, 1)  # one step on
    near = earlier[(later - 0.5).abs() < 0.01]  # those that came to x_t = 0.5
    m, v = posterior_mean_variance(torch.tensor([[0.5]]), x0, share, before)
    print(f"draws that came to 0.5: mean {near.mean():.2f}, variance {near.var():.2f}")
    print(f"your function:          mean {m.item():.2f}, variance {v.item():.2f}")
else:
    print("Here your numbers will be compared with draws that went forward.")

# %% [markdown]
# <details><summary>I get a variance that is too large instead of 0.22</summary>
#
# $1 - \alpha_t$ is the variance of a step forward. Who goes back and knows $x_0$ knows more.
# </details>
#
# <details><summary>I get "stack expects each tensor to be equal size" instead of a tensor</summary>
#
# `v` is `(batch, 1)`: `v.expand_as(m)`.
# </details>

# %% [markdown]
# **Think.** In lesson 02 a Gaussian $q(z|x)$ was our *choice*, and the true posterior another thing. And here?
#
# <details><summary>Answer</summary>
#
# $q(x_{t-1}|x_t, x_0)$ is exact: the steps of the encoder are Gaussian. But it knows $x_0$, which the model does not.
# </details>

# %% [markdown] tags=["slide"]
# ## The bound of T layers
#
# The model does not know $x_0$. So it puts a **guess** $\hat x_0$ in its place, made from $x_t$ and $t$ by a network, and goes the step that would be right
# if the guess were:
#
# $$p(x_{t-1}|x_t) = N\big(m(x_t, \hat x_0),\; v\big), \qquad t = T, \dots, 2.$$
#
# One network serves all steps. The last step, from $x_1$ to the data, needs none: $x_1$ is nearly $x_0$, and $p(x_0|x_1)$ is what Bayes' rule makes of
# $q(x_1|x_0)$ when no $x_0$ is preferred (Kingma and others, NeurIPS 2021; below it is worked out for Gaussians and for pixels).
#
# All is as in lesson 04, with $x_1, \dots, x_T$ for $z$. What becomes of the NELBO?

# %% [markdown]
# {{ exercise diffusion_derivation }}
#
# **Goal.** Put the derivation in order. Five of the seven lines belong; two look right and are not. ($x_{1:T}$ stands for $x_1, \dots, x_T$.)
#
# | | line | because |
# | --- | --- | --- |
# | A | $q(x_{1:T}\mid x_0) = q(x_T\mid x_0) \prod_{t \ge 2} q(x_{t-1}\mid x_t, x_0)$ | the chain rule from the last step to the first; given $x_t$ and $x_0$, later steps say nothing more of $x_{t-1}$ |
# | B | $q(x_{1:T}\mid x_0) = q(x_T\mid x_0) \prod_{t \ge 2} q(x_{t-1}\mid x_t)$ | the chain rule from the last step to the first; a step depends on its neighbour alone |
# | C | $-\log p(x_0) \le \mathbb E_q[\log q(x_{1:T}\mid x_0) - \log p(x_0, x_{1:T})]$ | the NELBO (lesson 04), with $x_1$ to $x_T$ for $z$ |
# | D | $-\log p(x_0) \le \mathbb E_q\big[\log \frac{q(x_T\mid x_0)}{p(x_T)} + \sum_{t \ge 2} \log \frac{q(x_{t-1}\mid x_t, x_0)}{p(x_{t-1}\mid x_t)} - \log p(x_0\mid x_1)\big]$ | put in both products; logs of products are sums |
# | E | $p(x_0, x_{1:T}) = p(x_T) \prod_{t \ge 2} p(x_{t-1}\mid x_t) \cdot p(x_0\mid x_1)$ | what the model is: it begins at $x_T$ and goes back step by step |
# | F | $-\log p(x_0) \le \mathrm{KL}(q(x_T\mid x_0)\,\Vert\,p(x_T)) + \sum_{t \ge 2} \mathbb E_q\,\mathrm{KL}(q(x_{t-1}\mid x_t, x_0)\,\Vert\,p(x_{t-1}\mid x_t)) + \mathbb E_q[-\log p(x_0\mid x_1)]$ | average over $x_{t-1}$ first, given $x_t$ and $x_0$: that is what KL means |
# | G | $-\log p(x_0) \le \mathrm{KL}(q(x_T\mid x_0)\,\Vert\,p(x_T)) + \sum_{t \ge 2} \mathbb E_q\,\mathrm{KL}(p(x_{t-1}\mid x_t)\,\Vert\,q(x_{t-1}\mid x_t, x_0)) + \mathbb E_q[-\log p(x_0\mid x_1)]$ | average over $x_{t-1}$ first, given $x_t$ and $x_0$: that is what KL means |
#
# **Answer.** A list of five letters, top to bottom.

# %%
diffusion_derivation = [None] * 5
### BEGIN SOLUTION
diffusion_derivation = ["C", "E", "A", "D", "F"]
### END SOLUTION

# %%
check(diffusion_derivation, "diffusion_derivation")

# %% [markdown]
# <details><summary>I get "comes too early" instead of a pass</summary>
#
# A line that puts something in stands below the lines that say what it is.
# </details>

# %% [markdown]
# **Think.** The encoder was made forwards, as a product of $q(x_t|x_{t-1})$. Why is it written backwards here?
#
# <details><summary>Answer</summary>
#
# So that each of its steps can be compared with the model's step between the same two places. Forwards there would be one network for $x_{t-1}$ given $x_t$
# beside a $q$ for $x_t$ given $x_{t-1}$: no KL of two densities of the same thing.
# </details>

# %% [markdown] tags=["slide"]
# The bound has three parts, all in nats:
#
# * **$\mathrm{KL}(q(x_T|x_0)\,\|\,p(x_T))$**: what the last layer still tells of the data. Nearly 0, and nothing in it can be trained.
# * **A KL for each step** $t = T, \dots, 2$: the step that knows $x_0$, and the model's.
# * **$-\log p(x_0|x_1)$**: the last touch; our old `rec`.

# %% [markdown] tags=["slide"]
# ## What a step costs
#
# Both Gaussians of a step have the same $v$. So their KL is the squared distance of the means, over $2v$. The means differ only in $x_0$ and $\hat x_0$,
# which are multiplied by $v \sqrt{\bar\alpha_{t-1}} / (1 - \bar\alpha_{t-1})$:
#
# $$\mathrm{KL}_t = \frac{1}{2v}\cdot\frac{v^2\,\bar\alpha_{t-1}}{(1 - \bar\alpha_{t-1})^2}\,|x_0 - \hat x_0|^2
# = \frac12 \cdot \frac{\bar\alpha_{t-1}\,(1 - \alpha_t)}{(1 - \bar\alpha_{t-1})(1 - \bar\alpha_t)}\,|x_0 - \hat x_0|^2 .$$

# %% [markdown] tags=["slide"]
# Now name the **signal-to-noise ratio** $\mathrm{SNR}_t = \bar\alpha_t / (1 - \bar\alpha_t)$. As $\bar\alpha_{t-1} \alpha_t = \bar\alpha_t$, the fraction is just
# $\mathrm{SNR}_{t-1} - \mathrm{SNR}_t$ (bring the difference to one denominator):
#
# $$\mathrm{KL}_t = \tfrac12\,\big(\mathrm{SNR}_{t-1} - \mathrm{SNR}_t\big)\;|x_0 - \hat x_0|^2 .$$
#
# A step costs half of what it takes from the SNR, times the squared error of the guess.

# %% [markdown]
# Ho and others (NeurIPS 2020) let the network predict the *noise* instead, $\hat\varepsilon$, which is the same thing: whoever knows the noise in $x_t$ knows
# $x_0$, as $x_0 = (x_t - \sqrt{1 - \bar\alpha_t}\,\varepsilon) / \sqrt{\bar\alpha_t}$. So $|x_0 - \hat x_0|^2 = |\varepsilon - \hat\varepsilon|^2 / \mathrm{SNR}_t$.

# %% [markdown]
# {{ exercise step_kl }}
#
# **Goal.** The KL of one step, from the noise and its prediction. (The cell below compares it with `kl_normal` of the two Gaussians, which your function of exercise 10.3 gives.)
#
# $$\mathrm{KL}_t = \frac12\,\Big(\frac{\mathrm{SNR}_{t-1}}{\mathrm{SNR}_t} - 1\Big)\;|\varepsilon - \hat\varepsilon|^2,
# \qquad \mathrm{SNR}_t = \frac{\bar\alpha_t}{1 - \bar\alpha_t}$$
#
# **Shapes.** In: `noise` and `predicted`, `(..., batch, dim)`; `alpha_bar` and `alpha_bar_before`, `(batch, 1)`, or `(steps, 1, 1)` for many steps at once, whose axis then stands in front. Out: `(..., batch)`, in
# nats. $|\cdot|^2$ is a sum
# over the last axis; nothing is averaged.


# %%
def step_kl(noise, predicted, alpha_bar, alpha_bar_before):
    """KL( q(x_{t−1}|x_t, x0) ‖ p(x_{t−1}|x_t) ) in nats, from the noise and its prediction: (..., batch)."""
    ### BEGIN SOLUTION
    ratio = alpha_bar_before / (1 - alpha_bar_before) * (1 - alpha_bar) / alpha_bar  # (batch, 1)
    return (0.5 * (ratio - 1) * (noise - predicted) ** 2).sum(-1)
    ### END SOLUTION


# %%
check(step_kl)

# %%
if solved(step_kl) and solved(posterior_mean_variance) and solved(q_sample):
    torch.manual_seed(0)
    x0, noise, predicted = torch.randn(3, 4, 2)  # (4, 2) each: four points, and a prediction that is any numbers
    share, before = torch.tensor([[0.4]]), torch.tensor([[0.6]])
    x_t = q_sample(x0, share, noise)
    guess = (x_t - (1 - share).sqrt() * predicted) / share.sqrt()
    q, p = (posterior_mean_variance(x_t, clean, share, before) for clean in (x0, guess))
    print("kl_normal of the two Gaussians:", [f"{kl:.4f}" for kl in kl_normal(*q, *p).tolist()])
    print("your step_kl:                  ", [f"{kl:.4f}" for kl in step_kl(noise, predicted, share, before).tolist()])
else:
    print("Here your KL will be compared with lesson 02's, of the two Gaussians.")

# %% [markdown]
# <details><summary>I get a matrix instead of one number for each example</summary>
#
# `(batch, 1)` times `(batch,)` is `(batch, batch)`. Multiply before you sum.
# </details>
#
# <details><summary>I get a negative KL instead of a positive one</summary>
#
# The step *before* has less noise, and the larger SNR.
# </details>
#
# <details><summary>I get nan instead of a number</summary>
#
# `alpha_bar / 1 - alpha_bar` is 0, and what is divided by it is inf or nan. The brackets are missing: `alpha_bar / (1 - alpha_bar)`.
# </details>

# %% [markdown]
# **Think.** A network that has learned nothing says $\hat\varepsilon = 0$. What is the mean of $|\varepsilon - \hat\varepsilon|^2$ for 196 pixels, and what guess of
# $x_0$ is that?
#
# <details><summary>Answer</summary>
#
# 196. And $\hat x_0 = x_t / \sqrt{\bar\alpha_t}$: all that is there is taken for data.
# </details>

# %% [markdown] tags=["slide"]
# ### Leave the weight out
#
# Training needs no walk: draw an image, a step $t$ and a noise, and take one term of the sum. Ho and others also leave its weight out, which is the
# **simple loss**, $L_{\text{simple}}$:
#
# $$L_{\text{simple}} = \mathbb E\,|\varepsilon - \hat\varepsilon|^2, \qquad t \text{ uniform on } 1, \dots, T .$$
#
# (Their step 1 stands for our last touch.) That is no bound on $-\log p(x_0)$, as a loss with $\beta < 1$ was none in lesson 08. It weighs all steps alike, where the bound weighs them by
# $w_t = \frac12 (\mathrm{SNR}_{t-1} / \mathrm{SNR}_t - 1)$. How unlike are these, in the schedule of their paper?

# %% tags=["slide"]
predict("10.weights")

# %% [markdown]
# Left, three schedules; right, the weights of the chosen one, on a logarithmic axis. Choose the straight one.

# %% tags=["slide"]
explore(gaussian_diffusion.weights_of_steps, schedule=["Ho et al.", "straight in log SNR", "cosine"])

# %% [markdown]
# In the straight one nothing is left to weigh.

# %% tags=["slide"]
predict("10.weights").was()

# %% [markdown]
# In their schedule the bound cares most for small $t$, where there is little noise, and only fine detail is open. The simple loss gives its strength to the
# other steps; Ho and others report better pictures with it, and worse bounds. In a schedule that is **straight in log SNR** all weights are equal, and the simple
# loss *is* the bound but for a constant factor and its two ends.

# %% [markdown]
# What if $T$ grows? For small steps $w_t$ is half of what $\log \mathrm{SNR}$ loses in the step. So the sum becomes an area: that under the curve of
# $\frac12 \mathbb E\,|\varepsilon - \hat\varepsilon|^2$, drawn against $\log \mathrm{SNR}$. A curve knows nothing of the speed at which one walks along it: only the two *ends*
# of the schedule are left (Kingma and others, 2021). The speed only says which stretch a random step asks how often, and so how much the loss scatters.

# %% [markdown] tags=["slide"]
# ## Where all is Gaussian
#
# One case can be solved with a pencil: data along one axis, $x_0 \sim N(0, \lambda)$. Then all is Gaussian, and the best prediction of the noise is linear. Over
# all data $x_t$ has the variance
#
# $$s_t = \bar\alpha_t\,\lambda + 1 - \bar\alpha_t .$$
#
# The covariance of $\varepsilon$ and $x_t$ is $\sqrt{1 - \bar\alpha_t}$. So the best prediction is $\hat\varepsilon = \sqrt{1 - \bar\alpha_t}\,x_t / s_t$ (least squares: the
# covariance over the variance of $x_t$). The error that is left is the variance of $\varepsilon$ less the squared covariance over $s_t$,
# $1 - (1 - \bar\alpha_t) / s_t = \bar\alpha_t \lambda / s_t$: the data's part of the variance.

# %% [markdown] tags=["slide"]
# The ends. $x_T$ given $x_0$ has the mean $\sqrt{\bar\alpha_T}\,x_0$ and the variance $1 - \bar\alpha_T$; lesson 02's KL to $N(0, 1)$, averaged over the
# data, is $\frac12 (\bar\alpha_T \lambda - \bar\alpha_T - \log(1 - \bar\alpha_T))$. The last touch: as a function of $x_0$, $q(x_1|x_0)$ is a Gaussian
# around $x_1 / \sqrt{\bar\alpha_1}$ with the variance $1 / \mathrm{SNR}_1$. And $x_0 - x_1 / \sqrt{\bar\alpha_1}$ is nothing but noise, whose mean square is that variance,
# whatever the data are. So
#
# $$\mathbb E[-\log p(x_0|x_1)] = \tfrac12 \log \frac{2 \pi e}{\mathrm{SNR}_1} .$$
#
# All of it is exact. And there is a floor: no model can have a smaller mean of $-\log p(x_0)$ than the entropy, $\frac12 \log(2 \pi e \lambda)$.

# %% [markdown]
# {{ exercise noised_gaussian }}
#
# **Goal.** Data with $\lambda = \frac12$; a step with $\bar\alpha_t = 0.25$ and $\bar\alpha_{t-1} = 0.8$; at the end $\bar\alpha_T = 0.05$. With a pencil:
#
# * `variance`: of $x_t$ over all data;
# * `error`: the mean square error of the best prediction of its noise;
# * `nats`: what this step costs;
# * `last`: the mean KL from $q(x_T|x_0)$ to $N(0, 1)$, in nats.
#
# **Answer.** A dictionary of four numbers, right to 1 %. Formulas such as `math.log(5) / 3` are welcome.

# %%
noised_gaussian = {"variance": None, "error": None, "nats": None, "last": None}
### BEGIN SOLUTION
noised_gaussian = {
    "variance": 0.25 * 0.5 + 0.75,
    "error": 0.25 * 0.5 / 0.875,
    "nats": (4 / (1 / 3) - 1) / 2 * 0.25 * 0.5 / 0.875,
    "last": (0.05 * 0.5 - 0.05 - math.log(0.95)) / 2,
}
### END SOLUTION

# %%
check(noised_gaussian, "noised_gaussian")

# %% [markdown]
# <details><summary>I get the error of the data instead of the noise</summary>
#
# $x_t$ tells something of both. Asked is what is left of the variance of $\varepsilon$, which is 1: which part of the variance of $x_t$ is *not* noise?
# </details>

# %% [markdown]
# **Think.** For which $\lambda$ does $x_t$ look the same at every step? And is then nothing to be learned?
#
# <details><summary>Answer</summary>
#
# For $\lambda = 1$: $s_t = 1$ throughout. But $x_t$ still tells of $x_0$, and each step costs $w_t \bar\alpha_t$.
# </details>

# %% [markdown]
# ### Your functions, and the exact bound
#
# The terms are averages of *squares* of $x_0$ and $\varepsilon$. The four points $(\pm\sqrt\lambda, \pm 1)$ have the same means, variances and
# covariance as the Gaussians, so an average over them is exact, without a single random number. Beside it stands the same bound, computed in another way: the
# entropy, plus the KL from the true way back to the model's, step by step. (The mean bound less the entropy is the KL between $q$ and $p$ of all of $x_0, \dots, x_T$
# together; by the chain rule, from $x_T$ on, it is a sum of one KL for each step.)

# %%
signs = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64)


def gaussian_bound(variance, alpha_bar):
    """The bound of the best model of N(0, variance), by your functions: nats."""
    x0, noise = math.sqrt(variance) * signs[:, :1], signs[:, 1:]  # (4, 1) each
    a, before = alpha_bar[1:, None, None], alpha_bar[:-1, None, None]  # (T − 1, 1, 1): steps 2 to T
    x_t = q_sample(x0, a, noise)  # (T − 1, 4, 1)
    best = (1 - a).sqrt() * x_t / (a * variance + 1 - a)
    steps = step_kl(noise, best, a, before).mean(-1).sum()
    end = alpha_bar[-1]
    prior = kl_normal(end.sqrt() * x0, (1 - end).expand(4, 1), torch.zeros(1), torch.ones(1)).mean()
    return (prior + steps + 0.5 * (math.log(2 * math.pi * math.e) - torch.logit(alpha_bar[0]))).item()


if solved(q_sample) and solved(step_kl):
    print("    T     bound   exact     entropy   between them")
    for steps in (10, 100):
        alpha_bar = gaussian_diffusion.schedule(steps)  # log SNR from 9 to −9, in a straight line
        low = gaussian_diffusion.entropy(4.0)
        exact = low + gaussian_diffusion.gap(4.0, alpha_bar)
        yours = gaussian_bound(4.0, alpha_bar)
        print(f"{steps:5,d}  {yours:8.4f}  {exact:8.4f}  {low:8.4f}  {yours - low:8.4f}")
else:
    print("Here your bound will stand beside the exact one.")

# %% tags=["slide"]
predict("10.tenfold")

# %%
if solved(q_sample) and solved(step_kl):
    fine = gaussian_bound(4.0, gaussian_diffusion.schedule(1_000)) - gaussian_diffusion.entropy(4.0)
else:
    fine = gaussian_diffusion.gap(4.0, gaussian_diffusion.schedule(1_000))
print(f"T = 1,000: {fine:.4f} nats above the entropy")

# %%
predict("10.tenfold").was(fine)

# %% [markdown]
# Now other data. Left, what each stretch of the way costs; right, the bound against the number of steps.

# %% tags=["slide"]
explore(gaussian_diffusion.bound_and_steps, variance=[4.0, 0.3, 1.0, 25.0])

# %% [markdown]
# Right: with 10 or 20 steps the *bound* is bad, while $-\log p(x_0)$ of the same model (triangles) is good already. The difference is what it always was: the
# KL from $q$ to the posterior of the latents. An ordinary encoder would come to meet the model; this one is fixed. More steps close the gap: the true way back, which does not know $x_0$, has a larger
# variance than $v$, and for tiny steps the two agree. (Of other data it is not even Gaussian; for tiny steps it becomes so.)
#
# Left: the area under the curve is the sum of the steps. Where there is hardly any noise (left end) every prediction is poor, as
# the noise is too small to be seen: half a nat for each unit of log SNR and axis. There the last touch gets cheaper by just as much.

# %% [markdown] tags=["slide"]
# ## Points on a roll
#
# Now data that no pencil solves: the spiral. The network is told $x_t$ and, as waves of several lengths, the log SNR; it predicts the noise.

# %%
T = 1_000
alpha_bar = gaussian_diffusion.schedule(T)  # (T,), float64: ᾱ_1 stands at place 0


class NoisePredictor(torch.nn.Module):
    """x_t (batch, 2) and ᾱ_t (batch, 1) -> the noise in x_t, (batch, 2)."""

    def __init__(self, hidden=128):
        super().__init__()
        layers = [torch.nn.Linear(10, hidden), torch.nn.SiLU()]
        for _ in range(2):
            layers += [torch.nn.Linear(hidden, hidden), torch.nn.SiLU()]
        self.net = torch.nn.Sequential(*layers, torch.nn.Linear(hidden, 2))

    def forward(self, x_t, alpha_bar):
        waves = torch.logit(alpha_bar) * torch.tensor([0.1, 0.25, 0.5, 1.0])  # (batch, 4)
        return self.net(torch.cat([x_t, waves.sin(), waves.cos()], -1).float())


def loss(model, x0):
    """One term of the bound for each point, at a random step of its own, times the number of steps: a scalar, in nats."""
    t = torch.randint(1, T, (len(x0),))  # places 1, ..., T − 1: steps 2 to T
    a, before = alpha_bar[t, None], alpha_bar[t - 1, None]  # (batch, 1)
    noise = torch.randn_like(x0)
    return (T - 1) * step_kl(noise, model(q_sample(x0, a, noise), a), a, before).mean()


# %% tags=["nbval-ignore-output"]
roll_train, roll_test = swiss_roll.draw(20_000, 0), swiss_roll.draw(20_000, 1)  # (20000, 2) each
if solved(q_sample) and solved(step_kl):
    torch.manual_seed(0)
    roll_model = NoisePredictor()
    curves = fit(roll_model, roll_train, objective=loss, steps=6_000, batch_size=500, lr=3e-3)
    course = torch.tensor(curves["train/loss"])
    print(f"the steps' part of the bound: {course[:100].mean():.2f} nats at first, {course[-500:].mean():.2f} at last")
else:
    roll_model = None
    print("When your functions pass, a small network is trained here: about half a minute.")
### BEGIN BUILD ONLY
assert course[-500:].mean() < 8.3
### END BUILD ONLY

# %% [markdown]
# What is it worth? The points have a *density*, so nats may be negative, and nothing is said in bits of a pixel. The truth is known here, too: $p$ of the
# roll is a mean of many narrow Gaussians along the spiral. As a control, a single Gaussian with the points' mean and covariance.


# %%
def kls(model, x0, alpha_bar, rounds=10):
    """The bound without its last touch: KL to the prior, and all steps; every step is asked equally often. Nats per example."""
    total, count = 0.0, len(alpha_bar)
    for _ in range(rounds):
        t = 1 + (torch.arange(len(x0)) + torch.randint(count, ())) % (
            count - 1
        )  # 1, ..., T − 1: places of steps 2 to T
        a, before = alpha_bar[t, None], alpha_bar[t - 1, None]
        noise = torch.randn_like(x0)
        kl = step_kl(noise, model(q_sample(x0, a, noise), a), a, before)  # (batch,)
        total += (count - 1) * kl.mean() / rounds
    end = alpha_bar[-1]
    prior = kl_normal(end.sqrt() * x0, (1 - end).expand_as(x0), torch.zeros(1), torch.ones(1)).mean()
    return (prior + total).item()


# %% tags=["nbval-ignore-output"]
if roll_model is not None:
    torch.manual_seed(0)
    with torch.no_grad():
        touch = math.log(2 * math.pi * math.e) - torch.logit(alpha_bar[0]).item()  # two axes: twice the half
        roll_bound = kls(roll_model, roll_test, alpha_bar) + touch
    print(f"the roll itself, exact   {swiss_roll.true_nll(roll_test).mean():6.2f} nats")
    print(f"your model, bound        {roll_bound:6.2f}")
    print(f"one Gaussian, exact      {swiss_roll.gaussian_nll(roll_test, roll_train).mean():6.2f}")
else:
    print("Here the bound of your model will stand between the truth and a single Gaussian.")
### BEGIN BUILD ONLY
assert 1.65 < roll_bound < 2.0
### END BUILD ONLY

# %% [markdown]
# All on the same 20,000 points that were not trained on (one training run). About 0.06 nats of the distance to the roll are the price of a thousand steps, whatever the
# network is: each is $\Delta = 0.018$ long in log SNR, and $e^\Delta - 1$ in its weight is larger than $\Delta$ by 0.9 %, which is 0.07 nats of the
# sum. (The error of a step is taken at its noisier end, where it is smaller: that gives 0.01 back.)
#
# To draw, go back from pure noise, with the guess in the place of $x_0$:


# %%
def draw(model, shape, alpha_bar):
    """Go back from N(0, I) to x_1: tensor of this shape."""
    x = torch.randn(shape, dtype=alpha_bar.dtype)
    for t in range(len(alpha_bar) - 1, 0, -1):
        a, before = alpha_bar[t].reshape(1, 1), alpha_bar[t - 1].reshape(1, 1)
        guess = (x - (1 - a).sqrt() * model(x, a.expand(len(x), 1))) / a.sqrt()
        x = sample_gaussian(*posterior_mean_variance(x, guess, a, before))
    return x


# %% tags=["slide"]
if roll_model is not None and solved(posterior_mean_variance):
    torch.manual_seed(0)
    with torch.no_grad():
        swiss_roll.beside_the_data(draw(roll_model, (1_000, 2), alpha_bar))
else:
    print("Here your model will draw points.")

# %% [markdown]
# Most points lie on the spiral, and a few beside it, where the data have next to none.

# %% [markdown] tags=["slide"]
# ## Digits
#
# Pixels are 0 or 1, so $-\log p$ is a true cost again: nats that can be compared with a VAE's, and divided by $196 \ln 2$ bits per pixel. For the noise a
# pixel is $-1$ or $1$. The last touch is Bayes' rule for one pixel, both colours alike beforehand: the log-odds of black are
#
# $$\log \frac{q(x_1|1)}{q(x_1|{-1})} = \frac{(x_1 + \sqrt{\bar\alpha_1})^2 - (x_1 - \sqrt{\bar\alpha_1})^2}{2\,(1 - \bar\alpha_1)}
# = \frac{2 \sqrt{\bar\alpha_1}\;x_1}{1 - \bar\alpha_1} .$$
#
# (As $N(\pm\sqrt{\bar\alpha_1}, 1 - \bar\alpha_1)$ has the exponent $-(x_1 \mp \sqrt{\bar\alpha_1})^2 / 2(1 - \bar\alpha_1)$.) So $p(x_0|x_1)$ is lesson 03's
# `log_bernoulli_with_logits`.

# %% [markdown]
# Such log-odds exist at every step, and say what each noised pixel tells of *itself*. Our network only has to add what the other pixels tell: it puts out
# log-odds $2b$ for each pixel, to be added to those above. A $\pm 1$ with log-odds $\ell$ has the mean $\tanh(\ell / 2)$. So the guess is
# $\hat x_0 = \tanh\big(b + \sqrt{\bar\alpha_t}\,x_t / (1 - \bar\alpha_t)\big)$, and the predicted noise
# $(x_t - \sqrt{\bar\alpha_t}\,\hat x_0) / \sqrt{1 - \bar\alpha_t}$.
#
# That gives a **control whose answer is known**: a model of independent pixels, where $2b$ is the log-odds of the pixel's mean, whatever the others are. Its
# $-\log p$ is exact. The bound is a sum over single pixels there, so its mean over images depends only on how often each pixel is black. Expect a little more than the
# exact value, for the thousand steps, and a scatter of two tenths of a nat with the random numbers.

# %%
shades = 2 * digits - 1  # (10000, 196): −1 or 1
pixel_alpha_bar = small_digits.schedule(1_000)  # log SNR from 3 to −8


def digit_bound(model, x0, rounds=10):
    """The bound of −log p of images of −1 and 1, by your functions: nats per image."""
    first = pixel_alpha_bar[0]
    x_1 = q_sample(x0, first, torch.randn_like(x0))
    touch = -log_bernoulli_with_logits((x0 + 1) / 2, 2 * first.sqrt() * x_1 / (1 - first)).mean()
    return kls(model, x0, pixel_alpha_bar, rounds) + touch.item()


if solved(q_sample) and solved(step_kl):
    control = small_digits.IndependentPixels(small_digits.grey("train"))
    torch.manual_seed(0)
    with torch.no_grad():
        found, exact = digit_bound(control, shades), control.nll(digits).mean()
    print(f"independent pixels: bound {found:.1f} nats, exact {exact:.1f}")
else:
    print("Here your bound will be tried where the answer is known.")

# %% [markdown]
# Now the network, trained by the bound (its weights come with the course), and another one by the simple loss on the schedule of Ho and
# others. Of both the *bound* is measured, on one schedule, straight in log SNR. Beside them VAEs, on the same test digits.

# %% tags=["slide"]
predict("10.digits")

# %% tags=["nbval-ignore-output"]
if solved(q_sample) and solved(step_kl):
    digit_model = small_digits.trained("denoiser")
    torch.manual_seed(0)
    with torch.no_grad():
        yours = digit_bound(digit_model, shades)
else:
    yours = None
print(figures.table(yours))
### BEGIN BUILD ONLY
assert abs(yours - small_digits.numbers("denoiser")[0]) < 0.5
### END BUILD ONLY

# %% tags=["slide"]
predict("10.digits").was()

# %% [markdown]
# All but the first two are within about half a nat of each other (yours moves by a tenth with the random numbers). Diffusion is behind by about 0.4 nats, or 1 %, with more weights and more steps (one run of
# each kind; three of the VAEs). Does that make the VAE the better model? All numbers but the first two are bounds, each with a gap of its own: 50 draws took 0.7 nats off the VAE with two
# layers, above, and a thousand steps cost diffusion 0.2 nats ($\Delta = 0.011$). So: no difference between the two *kinds* can be read off this table. Nor can one
# between the two losses. What is often said of diffusion was found with far larger networks, which know which pixels are neighbours; ours, and the VAEs', do not.
#
# <details><summary>Train it yourself (two to three minutes)</summary>
#
# ```python
# def pixel_loss(model, grey):
#     x0 = 2 * small_digits.black_and_white(grey) - 1
#     t = torch.randint(1, 1_000, (len(x0),))
#     a, before = pixel_alpha_bar[t, None], pixel_alpha_bar[t - 1, None]
#     noise = torch.randn_like(x0)
#     return 999 * step_kl(noise, model(q_sample(x0, a, noise), a), a, before).mean()
#
# torch.manual_seed(0)
# own = small_digits.Denoiser()
# fit(own, small_digits.grey("train"), objective=pixel_loss, steps=15_000, batch_size=200, lr=2e-3)
# with torch.no_grad():
#     print(digit_bound(own, shades))
# ```
# </details>
#
# Where on the way are the nats? With independent pixels as the control:

# %%
figures.where_nats_are_lost()

# %% [markdown]
# At the left end a pixel is seen by itself, and so is its noise: two colours are unlike the Gaussian above, whose curve stays at ½ there. At the right end nothing is seen, and both say what the average digit is. Between them the other pixels tell what a
# pixel was: nearly all of the difference is made between log SNR 2 and −2. (The dashed area is the exact $-\log p$ of independent pixels, 52.1 nats: for them the
# bound is tight when the steps are small. The numbers in the legend are the areas alone; the price of the thousand steps, 0.2 nats, and the KL to the prior, 0.03,
# are not in them.)

# %% tags=["slide"]
names = ("one layer", "denoiser", "simple")
vae, bound, simple = (torch.from_numpy(figures.drawn_by(name)).float() for name in names)  # (20, 196) each
torch.manual_seed(0)
shown = {
    "test digits": digits[:20],
    "VAE with one layer: probabilities of black": vae,
    "VAE with one layer: its pixels": torch.bernoulli(vae),
    "diffusion, trained by the bound": bound,
    "diffusion, trained by the simple loss, from the same noise": simple,
}
if solved(q_sample) and solved(step_kl) and solved(posterior_mean_variance):
    steps = small_digits.schedule(250)
    with torch.no_grad():
        end = draw(digit_model, (20, 196), steps)  # x_1
    shown["diffusion, by your functions"] = torch.sigmoid(2 * steps[0].sqrt() * end / (1 - steps[0]))
figures.rows_of_digits(shown)
differ = ((bound > 0.5) != (simple > 0.5)).sum(1)  # (20,)
others = torch.cdist(1.0 * (bound > 0.5), 1.0 * (simple > 0.5), p=1)[~torch.eye(20, dtype=torch.bool)]
print(f"pixels that differ, of 196: {differ.double().mean():.0f} with the same noise, {others.mean():.0f} with another")

# %% [markdown]
# Compare pixels with pixels: the second row is smooth because it shows probabilities. In every row below it strokes are ragged, as those of the test digits are, and some
# pictures are no digit. Which row is best, twenty pictures cannot say, and bits per pixel do not say it either.
#
# And look at the rows with the same noise: two networks, trained on different schedules with different weights, draw nearly the same pictures, where pictures of
# different noise differ by far more. (Both networks began with the same weights and saw the same batches, which may help.) A weight says which steps matter, not
# which prediction is the best: at every step that is the mean of $\varepsilon$ given $x_t$.

# %% [markdown]
# ## Puzzles
#
# Optional. **Nine operations** (5 minutes): write `step_kl` once more with at most nine operations, without `torch.distributions` and without the losses of
# PyTorch. (Each call, operator and subscript is one.) Our solution has eleven. On which scale is a ratio of two SNRs a difference, and does torch know the way there and back?
#
# Write all of it inside the function: `torch`, `math` and the builtins that compute are there, other names of the notebook are
# not.


# %%
def in_nine(noise, predicted, alpha_bar, alpha_bar_before):
    """As step_kl, in nine operations."""
    ### BEGIN SOLUTION
    weight = torch.expm1(alpha_bar_before.logit() - alpha_bar.logit()) / 2
    return (weight * (noise - predicted) ** 2).sum(-1)
    ### END SOLUTION


# %%
from vae_course import puzzle

puzzle("10.nine", in_nine)

# %% [markdown] tags=["slide"]
# ## Summary
#
# * Any number of layers: $\log w = \log p - \log q$, each a sum over layers.
# * The encoder of diffusion is fixed: $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1 - \bar\alpha_t}\,\varepsilon$, any step at once.
# * The bound is a KL at the end, a KL for each step, and a last touch.
# * A step costs $\frac12 (\mathrm{SNR}_{t-1} / \mathrm{SNR}_t - 1)\,|\varepsilon - \hat\varepsilon|^2$. The simple loss leaves the weight out: no bound.
# * With more steps the bound comes down to that of an integral over $\log \mathrm{SNR}$, which knows nothing of the schedule but its ends.
# * In bits per pixel it can be compared with a VAE, on the same images and for the same kind of pixel.

# %% [markdown]
# ## Check your progress

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# | you see | the reason |
# | --- | --- |
# | a loss that is good at once, and samples that are noise | the network sees the noise itself: hand in `x_t` |
# | a loss that stays where $\hat\varepsilon = 0$ puts it | $\varepsilon$ is not in what the network sees: `noise` drawn anew inside `q_sample`, or `x0` handed in for `x_t` |
# | samples that run away to large numbers | $\sqrt{\bar\alpha_t}$ and $\bar\alpha_t$ mixed up in the guess; or a schedule that begins where $\bar\alpha_T$ is not near 0 |
# | a bound that is far too small | the mean over pixels for their sum, or one step's KL without the factor $T - 1$ |
# | a bound that changes with the random numbers by several nats | too few steps are asked: every step equally often, and more rounds |
# | weights that come out uneven in float32 | where $\bar\alpha$ is nearly 1, $1 - \bar\alpha$ has few digits left: use float64 for the schedule |
#
# **Group task** (rooms, 10 minutes). Each pair trains the network of the roll for 1,500 steps with another schedule: straight in log SNR from 9 to −9, from 5 to −5,
# or Ho and others'.
# Compare the *bounds* (whose last touch is another one for another $\bar\alpha_1$) and the samples. Are they in the same order?

# %% [markdown]
# ## Blank page
#
# Close the notebook, take paper, ten minutes: the products of $p$ and of $q$ for $T$ layers; $q(x_t|x_0)$, and why; the two sources of $x_{t-1}$ and their
# precisions; the three parts of the bound; from the KL of two means to $\frac12 (\mathrm{SNR}_{t-1} / \mathrm{SNR}_t - 1)|\varepsilon - \hat\varepsilon|^2$; the
# Gaussian case. Then compare.

# %% [markdown]
# ## Further reading
#
# * J. Sohl-Dickstein, E. Weiss, N. Maheswaranathan, S. Ganguli, *Deep Unsupervised Learning using Nonequilibrium Thermodynamics*, ICML 2015: the idea, and
#   the bound.
# * J. Ho, A. Jain, P. Abbeel, *Denoising Diffusion Probabilistic Models*, NeurIPS 2020: the noise predicted, and the simple loss.
# * D. Kingma, T. Salimans, B. Poole, J. Ho, *Variational Diffusion Models*, NeurIPS 2021: the bound as an integral over SNR, with learned ends.
# * C. Luo, *Understanding Diffusion Models: A Unified Perspective*, 2022: every step of the algebra, slowly.
