# %% right | softplus | the formula of the lesson with F.softplus
def log_bernoulli_with_logits(x, logits):
    return (x * logits - F.softplus(logits)).sum(-1)

# %% right | bce | torch's BCE with logits, unreduced, summed over the pixels, negative
def log_bernoulli_with_logits(x, logits):
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=-1)

# %% right | bce-module | nn.BCEWithLogitsLoss as a module
def log_bernoulli_with_logits(x, logits):
    criterion = nn.BCEWithLogitsLoss(reduction="none")
    cost = criterion(logits, x)
    return cost.sum(-1).neg()

# %% right | bernoulli | torch.distributions.Bernoulli from logits, validation off for grey pixels
def log_bernoulli_with_logits(x, logits):
    return Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1)

# %% right | independent | Independent(Bernoulli, 1), validation off in both
def log_bernoulli_with_logits(x, logits):
    coins = torch.distributions.Bernoulli(logits=logits, validate_args=False)
    image = torch.distributions.Independent(coins, 1, validate_args=False)
    return image.log_prob(x)

# %% right | logsigmoid | log p and log(1 - p) by two logsigmoids
def log_bernoulli_with_logits(x, logits):
    log_ink = F.logsigmoid(logits)
    log_paper = F.logsigmoid(-logits)
    return torch.sum(x * log_ink + (1 - x) * log_paper, dim=-1)

# %% right | logaddexp | log(1 + e^a) = logaddexp(0, a)
def log_bernoulli_with_logits(x, logits):
    zero = torch.zeros_like(logits)
    return (x * logits - torch.logaddexp(zero, logits)).sum(-1)

# %% right | logsumexp | normaliser by logsumexp over a new last axis (0, a)
def log_bernoulli_with_logits(x, logits):
    scores = torch.stack((torch.zeros_like(logits), logits), dim=-1)
    return (x * logits - torch.logsumexp(scores, dim=-1)).sum(-1)

# %% right | log-softmax | two-class log_softmax, weighted by 1 - x and x, class axis in front
def log_bernoulli_with_logits(x, logits):
    log_p = torch.stack([torch.zeros_like(logits), logits]).log_softmax(dim=0)
    weights = torch.stack([1 - x, x])
    return (weights * log_p).sum(0).sum(-1)

# %% right | cross-entropy | F.cross_entropy with soft targets for two classes, flattened and back
def log_bernoulli_with_logits(x, logits):
    a, t = logits.reshape(-1), x.reshape(-1)
    scores = torch.stack([torch.zeros_like(a), a], dim=1)
    targets = torch.stack([1 - t, t], dim=1)
    cost = F.cross_entropy(scores, targets, reduction="none")
    return -cost.reshape(logits.shape).sum(-1)

# %% right | kl-div | minus (F.kl_div plus the entropy of the targets)
def log_bernoulli_with_logits(x, logits):
    log_p = torch.stack((F.logsigmoid(-logits), F.logsigmoid(logits)), -1)
    t = torch.stack((1 - x, x), -1)
    kl = F.kl_div(log_p, t, reduction="none")
    entropy = -torch.xlogy(t, t)
    return -(kl + entropy).sum(-1).sum(-1)

# %% right | maximum-log1p | max(a, 0) + log1p(e^-
def log_bernoulli_with_logits(x, logits):
    top = torch.maximum(logits, torch.zeros_like(logits))
    soft = top + torch.log1p(torch.exp(-logits.abs()))
    return (x * logits - soft).sum(-1)

# %% right | symmetric | (x - 1/2) a -
def log_bernoulli_with_logits(x, logits):
    size = torch.abs(logits)
    return ((x - 0.5) * logits - 0.5 * size - torch.exp(-size).log1p()).sum(-1)

# %% right | flip | turns every pixel so that its logit is not positive, then log1p(exp) is safe
def log_bernoulli_with_logits(x, logits):
    positive = logits > 0
    b = torch.where(positive, -logits, logits)
    y = torch.where(positive, 1 - x, x)
    return (y * b - torch.log1p(torch.exp(b))).sum(-1)

# %% right | double-where | piecewise softplus, the exponent made safe before the exponential
def log_bernoulli_with_logits(x, logits):
    big = logits > 20
    safe = torch.where(big, torch.zeros_like(logits), logits)
    softplus = torch.where(big, logits, torch.log1p(torch.exp(safe)))
    return (x * logits - softplus).sum(axis=-1)

# %% right | wrong-way-costs | the cost of each outcome: x softplus(-a) + (1 - x) softplus(a), negative
def log_bernoulli_with_logits(x, logits):
    cost_if_ink = F.softplus(-logits)
    cost_if_paper = F.softplus(logits)
    cost = x * cost_if_ink + (1 - x) * cost_if_paper
    return -cost.sum(-1)

# %% right | lerp | linear interpolation between log(1 - p) and log p
def log_bernoulli_with_logits(x, logits):
    return torch.lerp(F.logsigmoid(-logits), F.logsigmoid(logits), x).sum(-1)

# %% right | einsum | einsum over two non-positive parts
def log_bernoulli_with_logits(x, logits):
    ink = torch.einsum("...i,...i->...", x, nn.functional.logsigmoid(logits))
    paper = torch.einsum("...i,...i->...", 1 - x, nn.functional.logsigmoid(-logits))
    return ink + paper

# %% right | vecdot | inner products of the last axis, torch.linalg.vecdot
def log_bernoulli_with_logits(x, logits):
    soft = nn.Softplus()
    return -(torch.linalg.vecdot(x, soft(-logits)) + torch.linalg.vecdot(1 - x, soft(logits)))

# %% right | loop-pixels | loop over the pixels with an accumulator
def log_bernoulli_with_logits(x, logits):
    total = torch.zeros(logits.shape[:-1], dtype=logits.dtype)
    for i in range(logits.shape[-1]):
        a = logits[..., i]
        total = total + x[..., i] * a - torch.nn.functional.softplus(a)
    return total

# %% right | loop-images | loop over the images, BCE with reduction="sum" for each, stacked
def log_bernoulli_with_logits(x, logits):
    images = x.reshape(-1, x.shape[-1])
    rows = logits.reshape(-1, logits.shape[-1])
    values = [-F.binary_cross_entropy_with_logits(a, t, reduction="sum") for t, a in zip(images, rows)]
    return torch.stack(values).reshape(logits.shape[:-1])

# %% right | vmap | one image at a time, vmapped over the flattened leading axes
def log_bernoulli_with_logits(x, logits):
    def one_image(t, a):
        return torch.dot(t, F.logsigmoid(a)) + torch.dot(1 - t, F.logsigmoid(-a))

    d = logits.shape[-1]
    return torch.func.vmap(one_image)(x.reshape(-1, d), logits.reshape(-1, d)).reshape(logits.shape[:-1])

# %% right | autograd-function | own autograd.Function, slope x - sigmoid(a) by hand
class _LogBernoulli(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, logits):
        ctx.save_for_backward(x, logits)
        return (x * logits - F.softplus(logits)).sum(-1)

    @staticmethod
    def backward(ctx, grad):
        x, logits = ctx.saved_tensors
        grad = grad.unsqueeze(-1)
        return grad * logits, grad * (x - torch.sigmoid(logits))


def log_bernoulli_with_logits(x, logits):
    return _LogBernoulli.apply(x, logits)

# %% right | double-inside | float64 inside, cast back
def log_bernoulli_with_logits(x, logits):
    a, t = logits.double(), x.double()
    return (t * a - F.softplus(a)).sum(-1).to(logits.dtype)

# %% right | multilabel | F.multilabel_soft_margin_loss is a mean over the labels: times their number, negative
def log_bernoulli_with_logits(x, logits):
    mean_cost = F.multilabel_soft_margin_loss(logits, x, reduction="none")
    return -logits.shape[-1] * mean_cost

# %% right | chunks | pixels in chunks of 100, partial sums added
def log_bernoulli_with_logits(x, logits):
    parts = [
        (t * a + F.logsigmoid(-a)).sum(-1, keepdim=True)
        for t, a in zip(x.split(100, dim=-1), logits.split(100, dim=-1))
    ]
    return torch.cat(parts, dim=-1).sum(-1)

# %% right | movedim-module | pixels moved to the front, nn.LogSigmoid, python's sum over axis 0
def log_bernoulli_with_logits(x, logits):
    log_sigmoid = nn.LogSigmoid()
    t, a = x.movedim(-1, 0), logits.movedim(-1, 0)
    return sum(log_sigmoid(a) - (1 - t) * a)

# %% right | flatten-matmul | log-likelihoods of the pixels times a column of ones
def log_bernoulli_with_logits(x, logits):
    pixel = torch.addcmul(-F.softplus(logits), x, logits)
    ones = torch.ones(pixel.shape[-1], 1, dtype=pixel.dtype)
    return torch.matmul(pixel, ones).squeeze(-1)

# %% right | categorical-logits | Categorical over (0, a) only to normalise its logits, weighted by hand; mean times number of pixels
def log_bernoulli_with_logits(x, logits):
    pair = torch.stack([torch.zeros_like(logits), logits], dim=-1)
    normalised = torch.distributions.Categorical(logits=pair).logits
    pixels = (1 - x) * normalised[..., 0] + x * normalised[..., 1]
    return pixels.mean(-1) * pixels.shape[-1]

# %% right | shift-by-hand | the shift by the maximum by hand with a constant (detached) maximum
def log_bernoulli_with_logits(x, logits):
    c = logits.detach().clamp(min=0)
    soft = c + torch.log(torch.exp(-c) + torch.exp(logits - c))
    return (x * logits - soft).sum(-1)

# %% wrong | naive | sigmoid first, then logarithms: -inf or nan for large logits | saturates
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits)
    return (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)

# %% wrong | bce-of-p | F.binary_cross_entropy of sigmoid(a): the log is clamped at -100 | saturates-with-an-epsilon
def log_bernoulli_with_logits(x, logits):
    return -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").sum(-1)

# %% wrong | half-safe | log p by logsigmoid, but log(1 - p) by log1p(-sigmoid): -inf beyond the float32 edge | saturates
def log_bernoulli_with_logits(x, logits):
    return (x * F.logsigmoid(logits) + (1 - x) * torch.log1p(-torch.sigmoid(logits))).sum(-1)

# %% wrong | where-nan | one where over log(1 + e^a): values right, slope nan for large logits | gradient-breaks-at-extremes
def log_bernoulli_with_logits(x, logits):
    soft = torch.where(logits > 20, logits, torch.log1p(torch.exp(logits)))
    return (x * logits - soft).sum(-1)

# %% wrong | exp-clamped | exponent clamped at 80 in log1p(e^a): the value stops growing and the slope is wrong
def log_bernoulli_with_logits(x, logits):
    soft = torch.log1p(torch.exp(logits.clamp(max=80)))
    return (x * logits - soft).sum(-1)

# %% wrong | logits-clamped | logits clamped to +-30 "for stability"
def log_bernoulli_with_logits(x, logits):
    a = torch.clamp(logits, -30.0, 30.0)
    return (x * a - F.softplus(a)).sum(-1)

# %% wrong | threshold | F.softplus with threshold=5: linear from 5 on, 0.007 nats off per pixel there
def log_bernoulli_with_logits(x, logits):
    return (x * logits - F.softplus(logits, threshold=5)).sum(-1)

# %% wrong | one-sided | a - x a + log(1 + e^-a): fine for positive logits, overflows at -10000 | exp-overflows
def log_bernoulli_with_logits(x, logits):
    cost = logits - x * logits + torch.log1p(torch.exp(-logits))
    return -cost.sum(-1)

# %% wrong | binomial | Binomial(1) without validation: its binomial coefficient is not 1 for grey pixels
def log_bernoulli_with_logits(x, logits):
    coin = torch.distributions.Binomial(total_count=1, logits=logits, validate_args=False)
    return coin.log_prob(x).sum(-1)

# %% wrong | continuous-bernoulli | ContinuousBernoulli brings its own normaliser
def log_bernoulli_with_logits(x, logits):
    d = torch.distributions.ContinuousBernoulli(logits=logits, validate_args=False)
    return d.log_prob(x).sum(-1)

# %% wrong | probs | Bernoulli(probs=sigmoid(a)): probabilities are clamped, -16 at most | saturates-with-an-epsilon
def log_bernoulli_with_logits(x, logits):
    d = torch.distributions.Bernoulli(probs=torch.sigmoid(logits), validate_args=False)
    return d.log_prob(x).sum(-1)

# %% wrong | validated | Bernoulli with its validation: raises for grey pixels | refuses-grey
def log_bernoulli_with_logits(x, logits):
    return torch.distributions.Bernoulli(logits=logits).log_prob(x).sum(-1)

# %% wrong | sign-trick | logsigmoid((2x - 1) a): right for black and white, wrong for grey | one-logarithm-by-the-sign
def log_bernoulli_with_logits(x, logits):
    return F.logsigmoid((2 * x - 1) * logits).sum(-1)

# %% wrong | categorical | OneHotCategorical of (1 - x, x): grey pixels are rounded by its argmax | rounds-the-grey
def log_bernoulli_with_logits(x, logits):
    scores = torch.stack([torch.zeros_like(logits), logits], dim=-1)
    target = torch.stack([1 - x, x], dim=-1)
    d = torch.distributions.OneHotCategorical(logits=scores, validate_args=False)
    return d.log_prob(target).sum(-1)

# %% wrong | binarized | grey pixels are drawn (torch.bernoulli) inside: random result for grey
def log_bernoulli_with_logits(x, logits):
    x = torch.bernoulli(x)
    return (x * logits - F.softplus(logits)).sum(-1)

# %% wrong | squeeze | bare squeeze: a batch of one loses its axis | bare-squeeze
def log_bernoulli_with_logits(x, logits):
    cost = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return -cost.sum(-1, keepdim=True).squeeze()

# %% wrong | sum-1 | sums axis 1 instead of the last: wrong with more axes in front | first-axis-is-the-batch
def log_bernoulli_with_logits(x, logits):
    return (x * logits - F.softplus(logits)).sum(dim=1)

# %% wrong | backward-ignores | own backward that ignores the incoming slope: right for .sum(), wrong for .mean() or weights
class _BCE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, logits):
        ctx.save_for_backward(x, logits)
        return (x * logits - F.softplus(logits)).sum(-1)

    @staticmethod
    def backward(ctx, grad_output):
        x, logits = ctx.saved_tensors
        return None, x - torch.sigmoid(logits)


def log_bernoulli_with_logits(x, logits):
    return _BCE.apply(x, logits)

# %% wrong | in-place | multiplies the caller's logits by x in place
def log_bernoulli_with_logits(x, logits):
    soft = F.softplus(logits)
    logits *= x
    return (logits - soft).sum(-1)

# %% wrong | xlogy | torch.xlogy and xlog1py of p: no 0 * inf, but still -inf for a sure wrong pixel
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits)
    return (torch.special.xlogy(x, p) + torch.special.xlog1py(1 - x, -p)).sum(-1)

# %% wrong | positive+mean | two slips: the loss (positive) instead of log p, and mean over the pixels
def log_bernoulli_with_logits(x, logits):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").mean(-1)

# %% wrong | rounded+squeeze | two slips: grey pixels rounded at 1/2, and a bare squeeze for a batch of one
def log_bernoulli_with_logits(x, logits):
    ink = (x > 0.5).to(logits.dtype)
    return (ink * logits - F.softplus(logits)).sum(-1, keepdim=True).squeeze()

# %% wrong | eps+flatten | two slips: 1e-7 inside the logs of p, and all axes after the first are summed
def log_bernoulli_with_logits(x, logits):
    p = torch.sigmoid(logits)
    ll = x * torch.log(p + 1e-7) + (1 - x) * torch.log(1 - p + 1e-7)
    return ll.reshape(ll.shape[0], -1).sum(1)

# %% wrong | detached+clamped-100 | two slips: logits detached in the softplus term, and pixels floored at -100
def log_bernoulli_with_logits(x, logits):
    pixel = x * logits - F.softplus(logits.detach())
    return pixel.clamp(min=-100).sum(-1)

# %% wrong | no-paper+keepdim | two slips: the (1 - x) log(1 - p) part is missing, and keepdim leaves (batch, 1)
def log_bernoulli_with_logits(x, logits):
    return (x * F.logsigmoid(logits)).sum(-1, keepdim=True)

# %% wrong | softplus-sign+batch-mean | two slips: softplus(-a) instead of softplus(a), and the batch is averaged
def log_bernoulli_with_logits(x, logits):
    return (x * logits - F.softplus(-logits)).sum(-1).mean()

# %% wrong | swapped+mean-times-784 | two slips: image and logits swapped in the BCE, and 784 pixels written in for mean times dim
def log_bernoulli_with_logits(x, logits):
    return -784 * F.binary_cross_entropy_with_logits(x, logits, reduction="none").mean(-1)

# %% wrong | double-sigmoid+long-x | two slips: sigmoid applied twice, and x truncated to integers (grey becomes 0) | sigmoid-twice
def log_bernoulli_with_logits(x, logits):
    t = x.long().to(logits.dtype)
    return -F.binary_cross_entropy_with_logits(torch.sigmoid(logits), t, reduction="none").sum(-1)

# %% wrong | grad-off+relu | two slips: softplus replaced by relu without its log1p rest, and gradients are switched off globally and stay off
def log_bernoulli_with_logits(x, logits):
    torch.set_grad_enabled(False)
    return (x * logits - F.relu(logits)).sum(-1)

# %% wrong | nan-to-num+sign-trick | two slips: log sigmoid formed from p with infinities replaced by -100, and the (2x - 1) a trick, wrong for grey
def log_bernoulli_with_logits(x, logits):
    log_p = torch.log(torch.sigmoid((2 * x - 1) * logits))
    return torch.nan_to_num(log_p, neginf=-100.0).sum(-1)
