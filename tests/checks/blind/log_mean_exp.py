# %% right | logsumexp-minus-log-k | the textbook one-liner with torch.logsumexp
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim) - math.log(x.shape[dim])

# %% right | max-shift-by-hand | the derivation of the lesson, line by line, with amax and squeeze(dim)
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    k = x.shape[dim]
    return c.squeeze(dim) + torch.log(torch.exp(x - c).sum(dim)) - math.log(k)

# %% right | max-values-then-mean | max(...).values as the shift and a plain mean inside, so log k is never written
def log_mean_exp(x, dim):
    top = x.max(dim=dim, keepdim=True).values
    inner = (x - top).exp().mean(dim=dim, keepdim=True).log()
    return (top + inner).squeeze(dim)

# %% right | old-homework-helper | a log_sum_exp helper as found in old homework repositories, with expand_as and np.log
def log_sum_exp(x, dim=0):
    max_x = torch.max(x, dim)[0]
    new_x = x - max_x.unsqueeze(dim).expand_as(x)
    return max_x + (new_x.exp().sum(dim)).log()


def log_mean_exp(x, dim):
    return log_sum_exp(x, dim) - np.log(x.size(dim))

# %% right | weights-inside-exponent | moves 1/k into the exponent as minus log k before summing
def log_mean_exp(x, dim):
    k = x.size(dim)
    return torch.logsumexp(x - math.log(k), dim=dim)

# %% right | lse-of-zeros | log k obtained as the logsumexp of zeros, so numerator and denominator look alike
def log_mean_exp(x, dim):
    numerator = torch.logsumexp(x, dim)
    denominator = torch.logsumexp(torch.zeros_like(x), dim)
    return numerator - denominator

# %% right | uniform-log-weights | adds uniform log weights from log_softmax(0) and then takes logsumexp
def log_mean_exp(x, dim):
    log_pi = F.log_softmax(torch.zeros_like(x), dim=dim)  # every entry is -log k
    return (x + log_pi).logsumexp(dim)

# %% right | max-minus-log-softmax | uses that the largest log_softmax entry is max minus logsumexp
def log_mean_exp(x, dim):
    largest = x.amax(dim)
    largest_share = F.log_softmax(x, dim=dim).amax(dim)
    return largest - largest_share - math.log(x.shape[dim])

# %% right | share-of-the-best | the same idea through softmax: the best entry's share is at least 1/k, so its log is safe
def log_mean_exp(x, dim):
    share = torch.softmax(x, dim).amax(dim)
    k = x.shape[dim]
    return x.amax(dim) - torch.log(share * k)

# %% right | logaddexp-loop | loops over the entries of the axis and accumulates with logaddexp
def log_mean_exp(x, dim):
    total = None
    n = 0
    for entry in x.unbind(dim):
        total = entry if total is None else torch.logaddexp(total, entry)
        n += 1
    return total - math.log(n)

# %% right | functools-reduce | functional style: reduce with torch.logaddexp over unbind
from functools import reduce

def log_mean_exp(x, dim):
    entries = x.unbind(dim)
    return reduce(torch.logaddexp, entries) - math.log(len(entries))

# %% right | tournament-tree | merges neighbours in pairs like a tournament, an odd one out goes through
def log_mean_exp(x, dim):
    players = list(torch.unbind(x, dim))
    k = len(players)
    while len(players) > 1:
        nxt = []
        for i in range(0, len(players) - 1, 2):
            nxt.append(torch.logaddexp(players[i], players[i + 1]))
        if len(players) % 2 == 1:
            nxt.append(players[-1])
        players = nxt
    return players[0] - math.log(k)

# %% right | logcumsumexp-last | takes the last entry of the running logcumsumexp
def log_mean_exp(x, dim):
    running = torch.logcumsumexp(x, dim)
    return running.select(dim, -1) - math.log(x.shape[dim])

# %% right | einsum-average | moves the axis to the end and averages the shifted exponentials with einsum
def log_mean_exp(x, dim):
    y = x.movedim(dim, -1)
    k = y.shape[-1]
    c = y.max(-1, keepdim=True)[0]
    w = torch.full((k,), 1.0 / k, dtype=x.dtype, device=x.device)
    return c[..., 0] + torch.einsum("...k,k->...", torch.exp(y - c), w).log()

# %% right | matmul-with-ones | flattens to rows and sums by a matrix product with a column of ones
def log_mean_exp(x, dim):
    y = torch.movedim(x, dim, -1)
    out_shape = y.shape[:-1]
    k = y.shape[-1]
    y = y.reshape(-1, k)
    m, _ = torch.max(y, dim=1, keepdim=True)
    s = torch.exp(y - m) @ torch.ones(k, 1, dtype=y.dtype)
    return (m + torch.log(s / k)).reshape(out_shape)

# %% right | loop-over-rows | brings the axis to the end, loops over all rows in Python, and puts the results together
def log_mean_exp(x, dim):
    moved = x.movedim(dim, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    results = []
    for row in rows:
        biggest = row.max()
        results.append(biggest + (row - biggest).exp().mean().log())
    return torch.stack(results).reshape(moved.shape[:-1])

# %% right | permute-by-hand | builds the permutation list oneself, for any dim, negative as well
def log_mean_exp(x, dim):
    n = x.dim()
    d = dim % n
    order = [d] + [i for i in range(n) if i != d]
    x = x.permute(*order)  # the k axis is in front now
    peak = x.max(0).values
    return (x - peak).exp().mean(0).log() + peak

# %% right | float64-inside | shifts and sums in double precision and goes back to the input's dtype
def log_mean_exp(x, dim):
    xd = x.to(torch.float64)
    c = xd.max(dim, keepdim=True)[0]
    out = torch.log(torch.mean(torch.exp(xd - c), dim)) + c.squeeze(dim)
    return out.to(x.dtype)

# %% right | log1p-of-the-rest | sorts, takes the first as maximum and log1p of the others
def log_mean_exp(x, dim):
    s, _ = x.sort(dim=dim, descending=True)
    k = s.shape[dim]
    first = s.narrow(dim, 0, 1)
    rest = s.narrow(dim, 1, k - 1)
    return first.squeeze(dim) + torch.log1p((rest - first).exp().sum(dim)) - math.log(k)

# %% right | categorical-normaliser | lets distributions.Categorical normalise the logits and reads the normaliser at the maximum
def log_mean_exp(x, dim):
    logits = x.movedim(dim, -1)
    cat = distributions.Categorical(logits=logits)
    best = logits.argmax(-1)
    top = logits.gather(-1, best.unsqueeze(-1)).squeeze(-1)
    return top - cat.log_prob(best) - math.log(logits.shape[-1])

# %% right | cross-entropy-trick | logsumexp read out of F.cross_entropy with the arg max as target
def log_mean_exp(x, dim):
    y = x.movedim(dim, -1)
    shape, k = y.shape[:-1], y.shape[-1]
    y = y.reshape(-1, k)
    target = y.argmax(dim=1)
    ce = F.cross_entropy(y, target, reduction="none")  # logsumexp - y[target]
    top = y[torch.arange(y.shape[0]), target]
    return (ce + top - math.log(k)).view(shape)

# %% right | online-softmax | one pass with a running maximum and a running sum, as in attention kernels
def log_mean_exp(x, dim):
    k = x.shape[dim]
    m = x.select(dim, 0)
    s = torch.ones_like(m)
    for j in range(1, k):
        xj = x.select(dim, j)
        m_new = torch.maximum(m, xj)
        s = s * torch.exp(m - m_new) + torch.exp(xj - m_new)
        m = m_new
    return m + torch.log(s / k)

# %% right | softplus-pairs | adds two logs as maximum plus softplus of minus the distance, one entry after the other
def add_logs(a, b):
    return torch.maximum(a, b) + F.softplus(-(a - b).abs())

def log_mean_exp(x, dim):
    parts = x.split(1, dim)
    acc = parts[0]
    for p in parts[1:]:
        acc = add_logs(acc, p)
    return acc.squeeze(dim) - math.log(len(parts))

# %% right | custom-autograd-function | writes an autograd.Function whose backward is the softmax
class _LME(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dim):
        ctx.dim = dim
        c = x.amax(dim, keepdim=True)
        e = torch.exp(x - c)
        s = e.sum(dim, keepdim=True)
        ctx.save_for_backward(e / s)
        return (c + torch.log(s / x.shape[dim])).squeeze(dim)

    @staticmethod
    def backward(ctx, g):
        (soft,) = ctx.saved_tensors
        return g.unsqueeze(ctx.dim) * soft, None


def log_mean_exp(x, dim):
    return _LME.apply(x, dim)

# %% right | divide-and-conquer | recursive halves, combined with their sizes as weights
def log_mean_exp(x, dim):
    k = x.shape[dim]
    if k == 1:
        return x.squeeze(dim)
    h = k // 2
    a = log_mean_exp(x.narrow(dim, 0, h), dim) + math.log(h / k)
    b = log_mean_exp(x.narrow(dim, h, k - h), dim) + math.log((k - h) / k)
    return torch.logaddexp(a, b)

# %% right | l1-norm | the sum of positive numbers as a 1-norm of the shifted exponentials
def log_mean_exp(x, dim):
    with torch.no_grad():
        shift = x.amax(dim, keepdim=True)
    norm = torch.linalg.vector_norm(torch.exp(x - shift), ord=1, dim=dim)
    return norm.log() + shift.squeeze(dim) - math.log(x.shape[dim])

# %% right | average-pooling | abuses avg_pool1d over the whole axis as a mean
def log_mean_exp(x, dim):
    y = x.movedim(dim, -1)
    k = y.shape[-1]
    m = y.detach().amax(-1, keepdim=True)
    pooled = F.avg_pool1d((y - m).exp().reshape(-1, 1, k), kernel_size=k)  # (rows, 1, 1)
    return pooled.reshape(y.shape[:-1]).log() + m.squeeze(-1)

# %% right | vmap-rows | torch.vmap over flattened rows of a function for one vector
def log_mean_exp(x, dim):
    def one(row):
        return torch.logsumexp(row, 0) - math.log(row.shape[0])

    y = x.movedim(dim, -1)
    return torch.vmap(one)(y.reshape(-1, y.shape[-1])).reshape(y.shape[:-1])

# %% right | verbose-beginner | many small named steps, prints and leftovers that do nothing
def log_mean_exp(x, dim):
    # step 1: how many numbers are averaged?
    shape_of_x = x.shape
    k = shape_of_x[dim]
    print("k is", k)
    # step 2: maximum along dim
    maximum, where_is_it = torch.max(x, dim=dim, keepdim=True)
    # old = torch.exp(x).mean(dim).log()   <- gave -inf!!
    # step 3: take it off
    x_small = x - maximum
    # step 4: exp, sum, log
    e = torch.exp(x_small)
    s = torch.sum(e, dim=dim)
    l = torch.log(s)
    # step 5: maximum back, minus log k
    maximum = maximum.squeeze(dim)
    log_k = torch.log(torch.tensor(k, dtype=x.dtype))
    result = maximum + l - log_k
    unused = result.mean()
    return result

# %% right | in-place-on-a-clone | works in place on a fresh copy of x, with the detached maximum
def log_mean_exp(x, dim):
    c = x.detach().amax(dim, keepdim=True)
    y = x.clone()
    y -= c
    y = y.exp_().sum(dim)
    y /= x.shape[dim]
    y = y.log_()
    y += c.squeeze(dim)
    return y

# %% wrong | naive-exp-mean-log | Exponential, mean and logarithm are taken literally, so inputs of about ±1000 give inf or -inf. | overflows
def log_mean_exp(x, dim):
    return x.exp().mean(dim).log()

# %% wrong | sum-instead-of-mean | This is log-sum-exp: log k was never subtracted, so values are too high by log k. | log-k-missing
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim)

# %% wrong | global-maximum | One maximum of the whole tensor is taken off instead of one per row, so a row far below the largest underflows to -inf. | one-maximum-for-all
def log_mean_exp(x, dim):
    c = x.max()
    return c + torch.log(torch.exp(x - c).mean(dim))

# %% wrong | mean-of-logs | This averages the logs themselves, which is the smaller side of Jensen's inequality. | mean-of-logs
def log_mean_exp(x, dim):
    return x.mean(dim)

# %% wrong | bare-squeeze | The bare squeeze() removes every axis of length 1, not only dim, so shapes like (1, 5) or (3, 1, 4) come out wrong. | bare-squeeze
def log_mean_exp(x, dim):
    m = torch.max(x, dim, keepdim=True)[0]
    out = m + (x - m).exp().mean(dim, keepdim=True).log()
    return out.squeeze()

# %% wrong | maximum-keeps-its-axis | The maximum keeps its axis and is added to a result that has lost it, so (b, 1) + (b,) becomes (b, b). | maximum-with-its-axis
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    return c + (x - c).exp().mean(dim).log()

# %% wrong | maximum-without-keepdim | The maximum is taken without keepdim, so x - c pairs the wrong axes or raises, unless dim is the first axis.
def log_mean_exp(x, dim):
    c = x.max(dim)[0]
    return c + torch.log(torch.mean(torch.exp(x - c), dim))

# %% wrong | batch-size-as-k | k is always read from axis 0, so along any other axis the batch size is divided out. | counts-the-first-axis
def log_mean_exp(x, dim):
    k = x.shape[0]
    return torch.logsumexp(x, dim=dim) - math.log(k)

# %% wrong | dim-ignored | The argument dim is ignored and the last axis is always averaged. | always-the-last-axis
def log_mean_exp(x, dim):
    c = x.amax(-1, keepdim=True)
    return c.squeeze(-1) + (x - c).exp().mean(-1).log()

# %% wrong | axis-kept | keepdim=True leaves the averaged axis in the result with length 1. | axis-kept
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim, keepdim=True) - math.log(x.shape[dim])

# %% wrong | log-k-added | Dividing by k is minus log k, here log k is added. | log-k-added
def log_mean_exp(x, dim):
    k = x.shape[dim]
    c = x.amax(dim, keepdim=True)
    return c.squeeze(dim) + (x - c).exp().sum(dim).log() + math.log(k)

# %% wrong | divided-by-k-outside | The log of the sum is divided by k, but a factor 1/k inside the log is a subtraction outside. | divided-by-k-outside
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim) / x.shape[dim]

# %% wrong | maximum-not-put-back | The maximum is taken off and never added again, so all results lie between -log k and 0. | maximum-not-returned
def log_mean_exp(x, dim):
    c = x.max(dim, keepdim=True).values
    y = x - c
    return torch.log(torch.exp(y).mean(dim))

# %% wrong | k-without-log | k itself is subtracted instead of log k. | k-without-log
def log_mean_exp(x, dim):
    return torch.logsumexp(x, dim) - x.shape[dim]

# %% wrong | epsilon-in-the-log | A small number inside the log hides the underflow: everything below about -18 becomes -18.4, and +1000 is still inf. | overflows
def log_mean_exp(x, dim):
    eps = 1e-8
    return torch.log(torch.exp(x).mean(dim) + eps)

# %% wrong | float64-as-the-cure | Double precision instead of the shift only moves the edge: exp(-1000) is 0 in float64 too. | overflows
def log_mean_exp(x, dim):
    return x.double().exp().mean(dim).log().to(x.dtype)

# %% wrong | clamped-inputs | Inputs are clamped to ±80 so that exp survives, which changes every value outside that range.
def log_mean_exp(x, dim):
    x = torch.clamp(x, -80, 80)
    return torch.log(torch.mean(torch.exp(x), dim=dim))

# %% wrong | shift-by-the-mean | The mean is taken off instead of the maximum, so a row with one entry far ahead still overflows. | one-maximum-for-all
def log_mean_exp(x, dim):
    c = x.mean(dim, keepdim=True)
    return c.squeeze(dim) + (x - c).exp().mean(dim).log()

# %% wrong | scalar-result | After a correct log-mean-exp everything else is averaged too, so one number comes back instead of one per row. | averages-the-rest
def log_mean_exp(x, dim):
    lme = torch.logsumexp(x, dim) - math.log(x.size(dim))
    return lme.mean()

# %% wrong | math-log-of-a-tensor | math.log takes a single number and raises for a tensor with several entries; torch.log was needed.
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    s = torch.exp(x - c).mean(dim)
    return c.squeeze(dim) + math.log(s)

# %% wrong | view-scrambles-rows | view(-1, k) makes rows from whatever lies together in memory instead of moving the axis dim to the end, so rows mix unless dim is the last axis. | rows-by-view
def log_mean_exp(x, dim):
    k = x.shape[dim]
    rows = x.reshape(-1, k)
    shape = [n for i, n in enumerate(x.shape) if i != dim % x.dim()]
    return (torch.logsumexp(rows, 1) - math.log(k)).reshape(shape)

# %% wrong | naive-and-sum | Two mistakes: no maximum is taken off, and the sum is never divided by k. | log-k-missing
def log_mean_exp(x, dim):
    return torch.log(torch.sum(torch.exp(x), dim))

# %% wrong | sum-and-shift-lost | Two mistakes: the maximum that was taken off is not put back, and the exponentials are summed without subtracting log k. | maximum-not-returned-nor-log-k
def log_mean_exp(x, dim):
    x = x - x.max(dim, keepdim=True)[0]
    return torch.log(torch.sum(torch.exp(x), dim))

# %% wrong | global-maximum-and-numel | Two mistakes: the maximum is one for the whole tensor, and the number of all entries is divided out instead of k. | counts-everything
def log_mean_exp(x, dim):
    c = torch.max(x)
    return c + torch.log(torch.exp(x - c).sum(dim)) - math.log(x.numel())

# %% wrong | accumulator-starts-at-zero | The running log-sum starts at 0 instead of -inf, and 0 is the log of 1: an extra term e^0 is in the sum. | starts-at-zero
def log_mean_exp(x, dim):
    acc = torch.zeros_like(x.select(dim, 0))
    for j in range(x.shape[dim]):
        acc = torch.logaddexp(acc, x.select(dim, j))
    return acc - math.log(x.shape[dim])

# %% wrong | index-as-shift | torch.max(...)[1] is the place of the maximum, not its value, so nothing useful is taken off and large inputs overflow. | overflows
def log_mean_exp(x, dim):
    c = torch.max(x, dim, keepdim=True)[1]
    return c.squeeze(dim) + torch.log(torch.exp(x - c).mean(dim))

# %% wrong | log1p-counts-the-maximum-twice | log1p supplies the 1 of the largest entry, but that entry is also still in the sum. | a-one-too-many
def log_mean_exp(x, dim):
    c = x.amax(dim, keepdim=True)
    s = (x - c).exp().sum(dim)
    return c.squeeze(dim) + torch.log1p(s) - math.log(x.shape[dim])

# %% wrong | softmax-weighted-average | A softmax-weighted mean of the inputs is a smooth maximum, not the log of the mean exponential. | softmax-weighted-mean
def log_mean_exp(x, dim):
    w = F.softmax(x, dim)
    return (w * x).sum(dim)

# %% wrong | patched-infinities | Where the naive formula gives ±inf the plain mean of the logs is put in its place, which hides the overflow and is a wrong value.
def log_mean_exp(x, dim):
    y = x.exp().mean(dim).log()
    return torch.where(torch.isfinite(y), y, x.mean(dim))

# %% wrong | only-the-winner-counts | The remark "the best is all that counts, shared by k" is taken as a formula: max minus log k ignores all other entries. | maximum-minus-log-k
def log_mean_exp(x, dim):
    best = x.amax(dim)
    return best - math.log(x.shape[dim])
