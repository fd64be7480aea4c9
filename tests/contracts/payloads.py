"""What untrusted people put into every field that they control, and what must come of it: text, and nothing else."""

from __future__ import annotations

# No element, no handler, no navigation, whoever opens the page.
XSS = (
    '<script>window.__x=1</script>',
    '<img src=x onerror="window.__x=1">',
    '<svg/onload=window.__x=1>',
    '"><svg onload=window.__x=1>',
    'javascript:window.__x=1',
    '[click](javascript:window.__x=1)',
    '{{7*7}}',
    '{% debug %}',
    '${7*7}',
    '<a href="data:text/html,<script>window.__x=1</script>">x</a>',
    '<iframe srcdoc="<script>parent.__x=1</script>">',
    '<math><mtext><table><mglyph><style><img src=x onerror=window.__x=1>',
    '</textarea><script>window.__x=1</script>',
    '\u202eexe.txt\u202c',
    '</script><script>window.__x=1</script>',
)  # fmt: skip
# Found nowhere but sealed.
CANARIES = {
    'email': 'canary.zqx7@example.test',
    'phone': '+44 7700 900123',
    'card': '4111 1111 1111 1111',
    'iban': 'GB82 WEST 1234 5698 7654 32',
    'name': 'Zyxander Quillfeather',
    'address': '221b Zanzibar Crescent',
    'ip': '203.0.113.77',
    'order': 'ORD-ZQX7-000123',
}  # fmt: skip
