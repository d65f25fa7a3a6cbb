"""What a sentence emphasises is shown so where that can be shown; nothing else in it changes, and a line of code never does."""

import pytest

from vae_course.emphasis import as_html, without_signs


@pytest.mark.parametrize(
    ("sentence", "html", "bare"),
    [
        ("The *sum* of logs.", "The <em>sum</em> of logs.", "The sum of logs."),
        ("*minus* log k, *one by one*", "<em>minus</em> log k, <em>one by one</em>", "minus log k, one by one"),
        ("f(*args, *more) and 2*x*3", "f(*args, *more) and 2*x*3", "f(*args, *more) and 2*x*3"),
        ("a ** b ** c, **bold**", "a ** b ** c, **bold**", "a ** b ** c, **bold**"),
        ("raised (line 3: m *v* 2)", "raised (line 3: m *v* 2)", "raised (line 3: m *v* 2)"),
        ("v < 0 & *<b>*", "v &lt; 0 &amp; *&lt;b&gt;*", "v < 0 & *<b>*"),
        ("*a*\nline 1: *b*\n*c*", "<em>a</em>\nline 1: *b*\n<em>c</em>", "a\nline 1: *b*\nc"),
    ],
)
def test_a_sentence_reads_so(sentence: str, html: str, bare: str):
    assert (as_html(sentence), without_signs(sentence)) == (html, bare)
