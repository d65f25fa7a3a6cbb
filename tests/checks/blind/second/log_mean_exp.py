# %% right | lib-logsumexp | torch.logsumexp minus math.log of the axis length
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim=dim) - math.log(x.shape[dim])

# %% right | textbook-shift | amax with kept axis, exp, mean, log, then squeeze(dim)
def log_mean_exp(x, dim):
    top = x.amax(dim, keepdim=True)
    return (top + (x - top).exp().mean(dim, keepdim=True).log()).squeeze(dim)

# %% right | detached-shift | the shift is a constant for autograd in both places
def log_mean_exp(x, dim):
    with torch.no_grad():
        c = x.max(dim=dim, keepdim=True).values
    averaged = torch.mean(torch.exp(x - c), dim=dim)
    return torch.log(averaged) + c.squeeze(dim)

# %% right | log-k-inside | subtracts log k from every entry before the logsumexp
def log_mean_exp(x, dim):
    k = x.size(dim)
    return (x - math.log(k)).logsumexp(dim)

# %% right | logaddexp-reduce | folds the slices with torch.logaddexp
def log_mean_exp(x, dim):
    slices = x.unbind(dim)
    total = slices[0]
    for s in slices[1:]:
        total = torch.logaddexp(total, s)
    return total - math.log(len(slices))

# %% right | tournament-recursion | divide and conquer along the axis with logaddexp
def log_mean_exp(x, dim):
    def lse(t):
        n = t.shape[dim]
        if n == 1:
            return t.select(dim, 0)
        half = n // 2
        return torch.logaddexp(lse(t.narrow(dim, 0, half)), lse(t.narrow(dim, half, n - half)))

    return lse(x) - math.log(x.shape[dim])

# %% right | sorted-shift | sorts downwards, the first slice is the maximum
def log_mean_exp(x, dim):
    s = x.sort(dim=dim, descending=True).values
    best = s.narrow(dim, 0, 1)
    rest = (s - best).exp().sum(dim)
    return best.squeeze(dim) + rest.log() - np.log(x.shape[dim]).item()

# %% right | via-log-softmax | logsumexp is the max minus the max of the log_softmax
def log_mean_exp(x, dim):
    lsm = F.log_softmax(x, dim=dim)
    return x.amax(dim) - lsm.amax(dim) - math.log(x.shape[dim])

# %% right | via-softmax | minus the log of the largest softmax weight (at least 1/k)
def log_mean_exp(x, dim):
    weights = x.softmax(dim)
    i = weights.argmax(dim, keepdim=True)
    out = x.gather(dim, i) - weights.gather(dim, i).log()
    return out.squeeze(dim) - math.log(x.shape[dim])

# %% right | cross-entropy | F.cross_entropy of each row with its own argmax as the target
def log_mean_exp(x, dim):
    y = x.movedim(dim, -1)
    rows = y.reshape(-1, y.shape[-1])
    target = rows.argmax(1)
    best = rows.gather(1, target[:, None])[:, 0]
    lse = F.cross_entropy(rows, target, reduction="none") + best
    return (lse - math.log(y.shape[-1])).reshape(y.shape[:-1])

# %% right | categorical | torch.distributions.Categorical does the normalising
def log_mean_exp(x, dim):
    y = x.movedim(dim, -1)
    normalised = Categorical(logits=y).logits
    j = y.argmax(-1, keepdim=True)
    lse = (y.gather(-1, j) - normalised.gather(-1, j)).squeeze(-1)
    return lse - torch.tensor(float(y.shape[-1]), dtype=x.dtype).log()

# %% right | autograd-function | an autograd.Function whose backward is the softmax
class _LogMeanExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        c = x.amax(dim, keepdim=True)
        out = c + (x - c).exp().mean(dim, keepdim=True).log()
        ctx.save_for_backward(x)
        ctx.dim = dim
        return out.squeeze(dim)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g.unsqueeze(ctx.dim) * x.softmax(ctx.dim), None


def log_mean_exp(x, dim):
    dim = dim % x.dim()
    return _LogMeanExp.apply(x, dim)

# %% right | streaming | one pass over the slices with a running maximum and a running sum
def log_mean_exp(x, dim):
    top, total, k = None, None, 0
    for s in torch.unbind(x, dim):
        k += 1
        if top is None:
            top, total = s, torch.ones_like(s)
            continue
        new = torch.maximum(top, s)
        total = total * torch.exp(top - new) + torch.exp(s - new)
        top = new
    return top + torch.log(total / k)

# %% right | chunked | logsumexp of pieces of at most 7 entries, then logsumexp of those
def log_mean_exp(x, dim):
    pieces = [torch.logsumexp(p, dim, keepdim=True) for p in x.split(7, dim)]
    return torch.cat(pieces, dim).logsumexp(dim) - math.log(x.shape[dim])

# %% right | vmap | written for one vector, mapped over all others by torch.vmap
def log_mean_exp(x, dim):
    def one(row):
        c = row.max()
        return c + (row - c).exp().mean().log()

    y = x.movedim(dim, -1)
    flat = y.reshape(-1, y.shape[-1])
    return torch.vmap(one)(flat).reshape(y.shape[:-1])

# %% right | einsum | the mean as an einsum with weights 1/k
def log_mean_exp(x, dim):
    y = torch.movedim(x, dim, -1)
    c = y.amax(-1)
    w = y.new_full((y.shape[-1],), 1 / y.shape[-1])
    return c + torch.einsum("...k,k->...", torch.exp(y - c[..., None]), w).log()

# %% right | matmul-ones | axis to the front, flattened, row of ones times matrix
def log_mean_exp(x, dim):
    front = x.movedim(dim, 0)
    k, rest = front.shape[0], front.shape[1:]
    table = front.reshape(k, rest.numel())
    c = table.max(dim=0).values
    ones = torch.ones(1, k, dtype=x.dtype)
    total = (ones @ (table - c).exp()).reshape(-1)
    return (c + total.log() - math.log(k)).reshape(rest)

# %% right | logcumsumexp | the last entry of the running logsumexp
def log_mean_exp(x, dim):
    c = x.detach().amax(dim, keepdim=True)
    running = torch.logcumsumexp(x - c, dim)
    return running.select(dim, -1) + c.squeeze(dim) - math.log(x.shape[dim])

# %% right | log1p-of-the-others | the largest entry is set aside, the others enter by log1p
def log_mean_exp(x, dim):
    best, where = x.max(dim, keepdim=True)
    others = (x - best).scatter(dim, where, -math.inf)
    out = best + others.exp().sum(dim, keepdim=True).log1p() - math.log(x.shape[dim])
    return out.squeeze(dim)

# %% right | float64-inside | shift and expm1/log1p in double, back to the dtype of x
def log_mean_exp(x, dim):
    y = x.double()
    c = y.amax(dim, keepdim=True)
    out = c.squeeze(dim) + torch.log1p(torch.expm1(y - c).mean(dim))
    return out.to(x.dtype)

# %% right | max-plus-softplus | two at a time: the larger plus softplus of minus the distance
def log_mean_exp(x, dim):
    def add(a, b):
        return torch.maximum(a, b) + F.softplus(-(a - b).abs())

    parts = list(x.unbind(dim))
    k = len(parts)
    while len(parts) > 1:
        parts.append(add(parts.pop(0), parts.pop(0)))
    return parts[0] - math.log(k)

# %% right | avg-pool | the mean by F.avg_pool1d over the whole row
def log_mean_exp(x, dim):
    y = x.movedim(dim, -1).unsqueeze(-2)
    k = y.shape[-1]
    c = y.amax(-1, keepdim=True)
    e = (y - c).exp().reshape(-1, 1, k)
    pooled = F.avg_pool1d(e, kernel_size=k) if e.shape[0] else e.sum(-1, keepdim=True)
    return pooled.reshape(y.shape[:-2]).log() + c[..., 0, 0]

# %% right | index-add | all slices are added into a single one by index_add
def log_mean_exp(x, dim):
    k = x.shape[dim]
    c = x.amax(dim, keepdim=True)
    zero = torch.zeros_like(c)
    summed = zero.index_add(dim, torch.zeros(k, dtype=torch.long), torch.exp(x - c))
    return (c + summed.div(k).log()).squeeze(dim)

# %% right | one-norm | positive numbers: their sum is their 1-norm
def log_mean_exp(x, dim):
    c = x.amax(dim=dim, keepdim=True).detach()
    size = torch.linalg.vector_norm(torch.exp(x - c), ord=1, dim=dim, keepdim=True)
    return (size.log() + c - math.log(x.shape[dim])).squeeze(dim)

# %% right | python-rows | loops over all rows, one number each, stacked at the end
def log_mean_exp(x, dim):
    y = x.movedim(dim, -1)
    k = y.shape[-1]
    answers = []
    for row in y.reshape(-1, k).unbind(0):
        c = max(row.tolist())
        answers.append(c + ((row - c).exp().sum() / k).log())
    if not answers:
        return y.sum(-1)
    return torch.stack(answers).reshape(y.shape[:-1])

# %% right | negative-bias-form | works with minus x and the minimum: -(softmin)
def log_mean_exp(x, dim):
    cost = -x
    low = cost.amin(dim, keepdim=True)
    soft_min = low - torch.exp(low - cost).mean(dim, keepdim=True).log()
    return -soft_min.squeeze(dim)

# %% right | recursion-over-axes | moves the axis to the front by indexing, recurses over other axes
def log_mean_exp(x, dim):
    dim = dim if dim >= 0 else dim + x.dim()
    if x.dim() == 1:
        top = x[x.argmax()]
        return top + torch.log(torch.exp(x - top).sum()) - math.log(len(x))
    if dim == 0:
        return log_mean_exp(x.transpose(0, 1), 1)
    if len(x) == 0:
        return x.sum(dim)
    return torch.stack([log_mean_exp(part, dim - 1) for part in x])

# %% right | cummax | maximum as the end of cummax, base-2 exponentials inside
def log_mean_exp(x, dim):
    k = x.shape[dim]
    top = x.cummax(dim).values.narrow(dim, k - 1, 1)
    powers = torch.exp2((x - top) / math.log(2))
    return (top + torch.log2(powers.mean(dim, keepdim=True)) * math.log(2)).flatten(*(2 * [dim])).squeeze(dim)

# %% right | tuple-dims-view | explicit left / k / right view of the shape, reduce the middle
def log_mean_exp(x, dim):
    shape = list(x.shape)
    dim = dim % len(shape)
    left, k, right = math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :])
    box = x.reshape(left, k, right)
    peak = box.amax(1)
    middle = (box - peak[:, None, :]).exp().sum(1)
    return (peak + torch.log(middle) - math.log(k)).reshape(shape[:dim] + shape[dim + 1 :])

# %% right | geometric-weights | mean of exps as a running mean in log space with the right weights
def log_mean_exp(x, dim):
    average = None
    for j, s in enumerate(x.unbind(dim), start=1):
        if average is None:
            average = s
        else:
            average = torch.logaddexp(average + math.log((j - 1) / j), s - math.log(j))
    return average

# %% wrong | log-sum | log k is not subtracted: the log of the sum | log-k-missing
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    return (c + (x - c).exp().sum(dim, keepdim=True).log()).squeeze(dim)

# %% wrong | no-shift | exponential first: inf at +1000, -inf at -1000 | overflows
def log_mean_exp(x, dim):
    return x.exp().mean(dim).log()

# %% wrong | double-is-enough | no shift, float64 in the hope that it suffices: exp(1000) overflows there too | overflows
def log_mean_exp(x, dim):
    return x.double().exp().mean(dim).log().to(x.dtype)

# %% wrong | global-max | one maximum for the whole tensor: rows far below it become -inf | one-maximum-for-all
def log_mean_exp(x, dim):
    c = x.max()
    return c + torch.log(torch.mean(torch.exp(x - c), dim))

# %% wrong | detach-inside | the shift is detached inside the exponential and not outside: slope softmax plus one-hot
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    e = torch.exp(x - c.detach())
    return c.squeeze(dim) + e.mean(dim).log()

# %% wrong | detach-outside | the shift added back is detached, the one subtracted is not: slope softmax minus one-hot
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    return (x - c).exp().mean(dim).log() + c.squeeze(dim).detach()

# %% wrong | bare-squeeze | .squeeze() without an axis: other axes of length 1 vanish too | bare-squeeze
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    out = c + (x - c).exp().mean(dim, keepdim=True).log()
    return out.squeeze()

# %% wrong | k-of-last-axis | log k is taken from the last axis, whatever dim is | counts-the-last-axis
def log_mean_exp(x, dim):
    return x.logsumexp(dim) - math.log(x.shape[-1])

# %% wrong | shift-by-mean | the shift is the mean of the axis: overflow when the entries lie far apart | one-maximum-for-all
def log_mean_exp(x, dim):
    c = x.mean(dim, keepdim=True)
    return (c + (x - c).exp().mean(dim, keepdim=True).log()).squeeze(dim)

# %% wrong | shift-by-first | the shift is the first entry: overflow when a later one is larger by more than 88 | one-maximum-for-all
def log_mean_exp(x, dim):
    first = x.select(dim, 0)
    return first + torch.log(torch.exp(x - first.unsqueeze(dim)).mean(dim))

# %% wrong | abs-max | the shift is the largest absolute value: all-negative rows of -1000 give -inf
def log_mean_exp(x, dim):
    c = x.abs().amax(dim, keepdim=True)
    return (torch.exp(x - c).mean(dim, keepdim=True).log() + c).squeeze(dim)

# %% wrong | argmax-for-max | takes the index instead of the value from max(dim): a useless shift, overflow at 1000 | overflows
def log_mean_exp(x, dim):
    c = x.max(dim, keepdim=True)[1].to(x.dtype)
    return (c + (x - c).exp().mean(dim, keepdim=True).log()).squeeze(dim)

# %% wrong | transpose-order | swaps axis dim with axis 0 instead of moving it: with three axes the rest come out in the wrong order
def log_mean_exp(x, dim):
    y = x.transpose(0, dim)
    c = y.amax(0)
    return c + (y - c).exp().mean(0).log()

# %% wrong | halving-mean | running mean in log space with weight 1/2 for every newcomer: later entries count more
def log_mean_exp(x, dim):
    parts = x.unbind(dim)
    mean = parts[0]
    for p in parts[1:]:
        mean = torch.logaddexp(mean, p) - math.log(2)
    return mean

# %% wrong | minus-100-start | the accumulator starts at -100 as if that were -inf: inputs of -1000 come out near -100
def log_mean_exp(x, dim):
    total = torch.full_like(x.select(dim, 0), -100.0)
    for p in x.unbind(dim):
        total = torch.logaddexp(total, p)
    return total - math.log(x.shape[dim])

# %% wrong | mean-of-halves | the mean of the means of two pieces, which are unequal for odd k
def log_mean_exp(x, dim):
    k = x.shape[dim]
    if k == 1:
        return x.squeeze(dim)
    pieces = torch.chunk(x, 2, dim)
    means = [p.logsumexp(dim) - math.log(p.shape[dim]) for p in pieces]
    return torch.logaddexp(means[0], means[1]) - math.log(2)

# %% wrong | tail-clamp | distances to the maximum are clamped at -6 against underflow: far entries count e^-6 each
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    d = (x - c).clamp(min=-6.0)
    return (c + d.exp().mean(dim, keepdim=True).log()).squeeze(dim)

# %% wrong | edits-input | value and slope are right, but the caller's x is shifted in place
def log_mean_exp(x, dim):
    c = x.detach().amax(dim, keepdim=True)
    x.data -= c
    return (c + x.exp().mean(dim, keepdim=True).log()).squeeze(dim)

# %% wrong | one-d-gets-axis | a vector gives shape (1,) instead of a scalar
def log_mean_exp(x, dim):
    out = torch.logsumexp(x, dim) - math.log(x.shape[dim])
    return torch.atleast_1d(out)

# %% wrong | no-gradient | computed in numpy: right values, no gradient | no-gradient
def log_mean_exp(x, dim):
    a = x.detach().numpy()
    top = a.max(axis=dim, keepdims=True)
    out = top + np.log(np.exp(a - top).mean(axis=dim, keepdims=True))
    return torch.as_tensor(out.squeeze(dim))

# %% wrong | log-sum-kept-axis | two slips: log k is missing, and the reduced axis is kept
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim, keepdim=True)

# %% wrong | global-max-first-k | two slips: one maximum for the whole tensor, and k is the length of axis 0 | counts-the-first-axis
def log_mean_exp(x, dim):
    c = x.max()
    return c + (x - c).exp().sum(dim).log() - math.log(len(x))

# %% wrong | half-detached-last-k | two slips: the shift is detached only inside, and k comes from the last axis
def log_mean_exp(x, dim):
    c, _ = x.max(dim, keepdim=True)
    total = torch.exp(x - c.detach()).sum(dim, keepdim=True)
    return (c + torch.log(total)).squeeze(dim) - math.log(x.size(-1))

# %% wrong | unsafe-squeeze | two slips: no shift (overflow), and a bare squeeze
def log_mean_exp(x, dim):
    total = torch.exp(x).sum(dim, keepdim=True)
    return (total.log() - math.log(x.shape[dim])).squeeze()

# %% wrong | min-and-k-minus-one | two slips: shifts by the minimum (overflow for distant entries), and divides by k - 1 for k > 1
def log_mean_exp(x, dim):
    low = x.amin(dim, keepdim=True)
    n = max(x.shape[dim] - 1, 1)
    return low.squeeze(dim) + torch.log((x - low).exp().sum(dim) / n)

# %% wrong | zero-start-axis-0 | two slips: the accumulator starts at log-value 0 (an extra e^0), and always runs along axis 0
def log_mean_exp(x, dim):
    total = torch.zeros_like(x[0])
    for part in x:
        total = torch.logaddexp(total, part)
    return total - math.log(len(x))

# %% wrong | log1p-mean-shift | two slips: log1p where log belongs, and the mean as the shift
def log_mean_exp(x, dim):
    c = x.mean(dim, keepdim=True)
    return c.squeeze(dim) + torch.log1p((x - c).exp().mean(dim))

# %% wrong | log2-and-detach | two slips: log k is taken to base 2, and the result is cut from the graph
def log_mean_exp(x, dim):
    with torch.no_grad():
        total = torch.logsumexp(x, dim)
    return total - math.log2(x.shape[dim])

# %% wrong | clamp-and-plus | two slips: inputs clamped to [-80, 80] against overflow, and log k is added instead of subtracted | log-k-added
def log_mean_exp(x, dim):
    y = x.clamp(-80, 80)
    return y.logsumexp(dim) + math.log(y.shape[dim])

# %% wrong | softmax-average-dim-last | two slips: the softmax-weighted average of x instead of the log of the mean, and always along the last axis
def log_mean_exp(x, dim):
    w = torch.softmax(x, dim=-1)
    return (w * x).sum(-1)
