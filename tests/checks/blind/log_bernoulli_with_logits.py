# %% right | textbook-softplus | the card's formula with F.softplus, summed over the last axis
def log_bernoulli_with_logits(x, logits):
    return (x * logits - F.softplus(logits)).sum(-1)

# %% right | minus-bce | torch's BCE with logits, unreduced, summed, with the sign turned
def log_bernoulli_with_logits(x, logits):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return -bce.sum(dim=-1)

# %% right | library-bernoulli | torch.distributions with validation off for grey pixels
def log_bernoulli_with_logits(x, logits):
    return Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1)

# %% right | two-logsigmoids | x log p + (1 - x) log(1 - p) with both logs from logsigmoid
def log_bernoulli_with_logits(x, logits):
    log_ink = F.logsigmoid(logits)
    log_paper = F.logsigmoid(-logits)
    return torch.sum(x * log_ink + (1 - x) * log_paper, dim=-1)

# %% right | logaddexp | log(1 + e^a) as logaddexp(0, a)
def log_bernoulli_with_logits(x, logits):
    log_normalizer = torch.logaddexp(torch.zeros_like(logits), logits)
    return (logits * x - log_normalizer).sum(-1)

# %% right | logsumexp-of-two | stacks the scores of paper and ink and takes logsumexp over them
def log_bernoulli_with_logits(x, logits):
    scores = torch.stack([torch.zeros_like(logits), logits], dim=0)
    return (x * logits - torch.logsumexp(scores, dim=0)).sum(-1)

# %% right | max-plus-log1p | the formula of the TensorFlow manual, with torch.maximum
def log_bernoulli_with_logits(x, logits):
    zeros = torch.zeros_like(logits)
    loss = torch.maximum(logits, zeros) - logits * x + torch.log1p(torch.exp(-torch.abs(logits)))
    return -loss.sum(-1)

# %% right | old-pytorch-source | max_val as in old versions of torch's own source
def log_bernoulli_with_logits(x, logits):
    max_val = (-logits).clamp(min=0)
    loss = logits - logits * x + max_val + ((-max_val).exp() + (-logits - max_val).exp()).log()
    return loss.sum(-1).neg()

# %% right | loop-over-pixels | adds up pixel after pixel
def log_bernoulli_with_logits(x, logits):
    result = 0
    for i in range(x.shape[-1]):
        a = logits[..., i]
        result = result + x[..., i] * a - F.softplus(a)
    return result

# %% right | loop-over-images | flattens the front axes and treats image by image with a summed BCE
def log_bernoulli_with_logits(x, logits):
    dim = x.shape[-1]
    values = []
    for image, a in zip(x.reshape(-1, dim), logits.reshape(-1, dim)):
        values.append(-F.binary_cross_entropy_with_logits(a, image, reduction="sum"))
    return torch.stack(values).reshape(x.shape[:-1])

# %% right | loss-module | nn.BCEWithLogitsLoss as a module, as in older homework repositories
bce = nn.BCEWithLogitsLoss(reduction="none")


def log_bernoulli_with_logits(x, logits):
    log_prob = -bce(input=logits, target=x).sum(-1)
    return log_prob

# %% right | double-inside | float64 inside and the caller's dtype at the end
def log_bernoulli_with_logits(x, logits):
    a = logits.double()
    out = (x.double() * a - F.softplus(a)).sum(-1)
    return out.to(logits.dtype)

# %% right | einsum-in-double | inner product of x and a by einsum, in float64 so that nothing is lost by cancellation
def log_bernoulli_with_logits(x, logits):
    X, A = x.to(torch.float64), logits.to(torch.float64)
    score = torch.einsum("...i,...i->...", X, A)
    log_partition = torch.einsum("...i->...", torch.logaddexp(A, A.new_zeros(())))
    return (score - log_partition).type_as(logits)

# %% right | log-softmax-of-two-classes | each pixel as a classification between paper and ink
def log_bernoulli_with_logits(x, logits):
    two = torch.stack((torch.zeros_like(logits), logits), dim=-1)
    log_p = torch.log_softmax(two, dim=-1)
    return ((1 - x) * log_p[..., 0] + x * log_p[..., 1]).sum(-1)

# %% right | cross-entropy-soft-targets | F.cross_entropy with class probabilities as targets
def log_bernoulli_with_logits(x, logits):
    shape = x.shape
    a, t = logits.reshape(-1), x.reshape(-1)
    scores = torch.stack([torch.zeros_like(a), a], dim=1)
    targets = torch.stack([1 - t, t], dim=1)
    ce = F.cross_entropy(scores, targets, reduction="none")
    return -ce.reshape(shape).sum(-1)

# %% right | logsigmoid-minus-rest | an equal formula: log p minus (1 - x) a
def log_bernoulli_with_logits(x, logits):
    # log(1 - p) = log p - a
    return (F.logsigmoid(logits) - (1 - x) * logits).sum(-1)

# %% right | two-softplus | the costs of ink and paper as two softplus, weighted and subtracted
def log_bernoulli_with_logits(x, logits):
    from torch.nn.functional import softplus

    cost_if_ink = softplus(-logits)
    cost_if_paper = softplus(logits)
    return -(cost_if_ink * x + cost_if_paper * (1.0 - x)).sum(-1)

# %% right | own-softplus-with-where | writes a stable softplus of its own with where and log1p
def my_softplus(a):
    small = torch.where(a > 0, -a, a)  # never positive, exp cannot overflow
    big = torch.where(a > 0, a, torch.zeros_like(a))
    return big + torch.log1p(torch.exp(small))


def log_bernoulli_with_logits(x, logits):
    return (x * logits - my_softplus(logits)).sum(-1)

# %% right | own-tensor-in-place | accumulates in place in a tensor of its own
def log_bernoulli_with_logits(x, logits):
    result = logits * x
    result -= F.softplus(logits)
    return result.sum(dim=-1)

# %% right | chatty-beginner | steps, comments, a print, and unused names
def log_bernoulli_with_logits(x, logits):
    number_of_pixels = x.shape[-1]
    # the probability, only to look at it
    p = torch.sigmoid(logits)
    print("pixels:", number_of_pixels, "mean p:", p.mean().item())
    first = x * logits
    second = F.softplus(logits)
    each_pixel = first - second
    # each_pixel = each_pixel / number_of_pixels    <- first try, was too small
    answer = each_pixel.sum(-1)
    return answer

# %% right | own-autograd-function | forward by a stable formula, backward written by hand as x - p
class LogBernoulli(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, a):
        ctx.save_for_backward(x, a)
        return x * a - a.clamp(min=0) - torch.log1p(torch.exp(-a.abs()))

    @staticmethod
    def backward(ctx, grad):
        x, a = ctx.saved_tensors
        return grad * a, grad * (x - torch.sigmoid(a))


def log_bernoulli_with_logits(x, logits):
    return LogBernoulli.apply(x, logits).sum(-1)

# %% right | independent-event | Independent over the last axis, validation off for both
def log_bernoulli_with_logits(x, logits):
    pixels = Bernoulli(logits=logits, validate_args=False)
    image = Independent(pixels, 1, validate_args=False)
    return image.log_prob(x)

# %% right | flatten-and-view-back | (-1, dim) rows, sum(1), and view back to the front axes
def log_bernoulli_with_logits(x, logits):
    front = list(x.size())[:-1]
    x2 = x.contiguous().view(-1, x.size(-1))
    l2 = logits.contiguous().view(-1, logits.size(-1))
    log_prob = -F.binary_cross_entropy_with_logits(input=l2, target=x2, reduction="none").sum(1)
    return log_prob.view(front)

# %% right | double-where | log(1 + exp) for small logits and the logit itself for large, with a safe input in each branch
def log_bernoulli_with_logits(x, logits):
    large = logits > 25
    safe = torch.where(large, torch.zeros_like(logits), logits)
    log_one_plus = torch.where(large, logits, torch.log1p(torch.exp(safe)))
    return (x * logits - log_one_plus).sum(-1)

# %% right | log-two-cosh | the symmetric form: (x - 1/2) a - log(2 cosh(a/2)), with a stable log cosh
def log_2cosh(u):
    size = u.abs()
    return size + torch.log1p(torch.exp(-2 * size))


def log_bernoulli_with_logits(x, logits):
    return ((x - 0.5) * logits - log_2cosh(logits / 2)).sum(-1)

# %% right | lerp | interpolates between log(1 - p) and log p with weight x
def log_bernoulli_with_logits(x, logits):
    return torch.lerp(F.logsigmoid(-logits), F.logsigmoid(logits), x).sum(-1)

# %% right | weight-minus-one | an odd call: the weight argument of BCE turns the sign
def log_bernoulli_with_logits(x, logits):
    minus_ones = -torch.ones_like(logits)
    return F.binary_cross_entropy_with_logits(logits, x, weight=minus_ones, reduction="none").sum(-1)

# %% right | vmap-one-image | writes the function for one image and maps it over the flattened batch
def log_bernoulli_with_logits(x, logits):
    def one_image(pixels, a):
        return pixels.dot(a) - F.softplus(a).sum()

    rows = x.double().reshape(-1, x.shape[-1])
    logit_rows = logits.double().reshape(-1, x.shape[-1])
    flat = torch.vmap(one_image)(rows, logit_rows)
    return flat.reshape(x.shape[:-1]).to(logits.dtype)

# %% right | flip-the-pixel | scores paper pixels as ink of the opposite logit, grey ones as a mix of both
def log_prob_of_ink(a):
    return -torch.logaddexp(torch.zeros_like(a), -a)


def log_bernoulli_with_logits(x, logits):
    paper = 1 - x
    terms = torch.stack([x * log_prob_of_ink(logits), paper * log_prob_of_ink(-logits)])
    return terms.sum(0).sum(-1)

# %% right | matmul-with-ones | the sum over pixels as a product with a vector of ones
def log_bernoulli_with_logits(x: Tensor, logits: Tensor) -> Tensor:
    assert x.shape == logits.shape
    per_pixel = x * logits + F.logsigmoid(-logits)
    ones = torch.ones(per_pixel.shape[-1], dtype=per_pixel.dtype)
    return per_pixel @ ones

# %% wrong | sign-of-a-loss | returns the positive binary cross-entropy: asked is log p, not -log p | sign
def log_bernoulli_with_logits(x, logits):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)

# %% wrong | default-reduction | torch's default reduction averages over everything and returns one small number | averages-everything
def log_bernoulli_with_logits(x, logits):
    return -F.binary_cross_entropy_with_logits(logits, x)

# %% wrong | mean-over-pixels | averages over the pixels instead of summing them | mean-over-pixels
def log_bernoulli_with_logits(x, logits):
    return (x * logits - F.softplus(logits)).mean(-1)

# %% wrong | sigmoid-then-log | forms p and takes logarithms: -inf or nan for large logits | saturates
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits)
    return (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)

# %% wrong | sigmoid-then-bce | binary_cross_entropy on probabilities clamps the log at -100 and freezes at the float32 edge | saturates-in-torch
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits)
    return -F.binary_cross_entropy(p, x, reduction="none").sum(-1)

# %% wrong | naive-softplus | log(1 + exp(a)) overflows for large logits | exp-overflows
def log_bernoulli_with_logits(x, logits):
    return (x * logits - torch.log(1 + torch.exp(logits))).sum(-1)

# %% wrong | sum-over-everything | .sum() without an axis adds the images of the batch as well | sums-the-batch-too
def log_bernoulli_with_logits(x, logits):
    return (x * logits - F.softplus(logits)).sum()

# %% wrong | validated-bernoulli | Bernoulli with its default validation raises for grey pixels | refuses-grey
def log_bernoulli_with_logits(x, logits):
    return Bernoulli(logits=logits).log_prob(x).sum(-1)

# %% wrong | epsilon-in-the-log | adds 1e-7 inside the logs of probabilities, so a sure and wrong pixel never costs more than about 16 nats | saturates-with-an-epsilon
def log_bernoulli_with_logits(x, logits):
    eps = 1e-7
    p = torch.sigmoid(logits)
    return (x * torch.log(p + eps) + (1 - x) * torch.log(1 - p + eps)).sum(-1)

# %% wrong | sigmoid-twice | applies the sigmoid before a function that applies it again | sigmoid-twice
def log_bernoulli_with_logits(x, logits):
    probs = torch.sigmoid(logits)
    return -F.binary_cross_entropy_with_logits(probs, x, reduction="none").sum(-1)

# %% wrong | bce-arguments-swapped | passes x as the logits and the logits as the targets | arguments-swapped
def log_bernoulli_with_logits(x, logits):
    return -F.binary_cross_entropy_with_logits(x, logits, reduction="none").sum(-1)

# %% wrong | logits-as-probabilities | puts logits into the formula for probabilities: the logarithm of a negative number is nan | logits-as-probabilities
def log_bernoulli_with_logits(x, logits):
    return (x * torch.log(logits) + (1 - x) * torch.log(1 - logits)).sum(-1)

# %% wrong | batch-averaged | sums the pixels, then averages the images into one number | averages-the-batch
def log_bernoulli_with_logits(x, logits):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return -bce.sum(-1).mean()

# %% wrong | paper-term-missing | counts only the ink pixels and forgets (1 - x) log(1 - p) | only-the-ink
def log_bernoulli_with_logits(x, logits):
    return (x * F.logsigmoid(logits)).sum(-1)

# %% wrong | logits-clamped | clamps the logits to [-15, 15] "for safety": beyond that the cost is a constant and its slope 0 | saturates-with-an-epsilon
def log_bernoulli_with_logits(x, logits):
    logits = torch.clamp(logits, -15, 15)
    return (x * logits - F.softplus(logits)).sum(-1)

# %% wrong | softplus-of-minus-a | sign slip inside the softplus: log(1 + e^-a) in place of log(1 + e^a) | softplus-flipped
def log_bernoulli_with_logits(x, logits):
    return (x * logits - F.softplus(-logits)).sum(-1)

# %% wrong | sum-axis-one | sums axis 1, which is not the last one when there are more axes in front | first-axis-is-the-batch
def log_bernoulli_with_logits(x, logits):
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)

# %% wrong | keepdim | keeps the summed axis and returns (batch, 1) | axis-kept
def log_bernoulli_with_logits(x, logits):
    return torch.sum(x * logits - F.softplus(logits), dim=-1, keepdim=True)

# %% wrong | bits-not-nats | divides by log 2 as papers with bits per pixel do; the card asks for nats
def log_bernoulli_with_logits(x, logits):
    nats = (x * logits - F.softplus(logits)).sum(-1)
    return nats / math.log(2)

# %% wrong | positional-bernoulli | the first positional argument of Bernoulli is probs, so the logits are read (and clamped) as probabilities | logits-as-the-probabilities-of-Bernoulli
def log_bernoulli_with_logits(x, logits):
    return Bernoulli(logits, validate_args=False).log_prob(x).sum(-1)

# %% wrong | grey-rounded | rounds grey pixels to black and white to make Bernoulli accept them | rounds-the-grey
def log_bernoulli_with_logits(x, logits):
    x = (x > 0.5).float()
    return Bernoulli(logits=logits).log_prob(x).sum(-1)

# %% wrong | single-where-nan-gradient | the unused branch of where overflows, so the value is right but its gradient is nan for large logits | gradient-breaks-at-extremes
def log_bernoulli_with_logits(x, logits):
    log_one_plus = torch.where(logits > 30, logits, torch.log1p(torch.exp(logits)))
    return (x * logits - log_one_plus).sum(-1)

# %% wrong | two-sign-and-mean | two mistakes: the sign of a loss, and a mean over the pixels
def log_bernoulli_with_logits(x, logits):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").mean(dim=-1)

# %% wrong | two-clamped-p-and-scalar | two mistakes: probabilities clamped to [1e-4, 1 - 1e-4], and everything summed into one number | sums-the-batch-too
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits).clamp(1e-4, 1 - 1e-4)
    return (x * p.log() + (1 - x) * (1 - p).log()).sum()

# %% wrong | two-squared-error-and-graph-cut | two mistakes: a squared error in place of the coin's log probability, and detach cuts the gradient
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits).detach()
    return -0.5 * ((x - p) ** 2).sum(-1)

# %% wrong | two-middle-sign-and-first-image | two mistakes: a minus between the two terms, and return inside the loop hands back the first image only
def log_bernoulli_with_logits(x, logits):
    out = []
    for image, a in zip(x, logits):
        out.append((image * F.logsigmoid(a) - (1 - image) * F.logsigmoid(-a)).sum(-1))
        return torch.stack(out)

# %% wrong | softmax-over-pixels | strange: log_softmax over the 784 pixels, as if exactly one pixel of the image were ink
def log_bernoulli_with_logits(x, logits):
    return (x * F.log_softmax(logits, dim=-1)).sum(-1)

# %% wrong | binomial-of-one | strange: a Binomial with one trial has factorials in it that are not 0 for grey pixels
def log_bernoulli_with_logits(x, logits):
    return distributions.Binomial(total_count=1, logits=logits, validate_args=False).log_prob(x).sum(-1)

# %% wrong | continuous-bernoulli | strange: normalises the density for grey pixels, which is another distribution than the card's
def log_bernoulli_with_logits(x, logits):
    return distributions.ContinuousBernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1)

# %% wrong | numpy-inside | strange: leaves torch for numpy and wraps the result, so values are right and no gradient reaches the logits | no-gradient
def log_bernoulli_with_logits(x, logits):
    a = logits.detach().cpu().numpy()
    values = x.detach().cpu().numpy() * a - np.logaddexp(0, a)
    return torch.from_numpy(values.sum(axis=-1))
