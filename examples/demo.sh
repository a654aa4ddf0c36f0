#!/usr/bin/env bash
# From a spec to a network that reads handwriting. Run by `make demo`; specc and its Python have to be on the PATH.
set -euo pipefail

say() {
    printf '\n\033[1m$ %s\033[0m\n' "$*"
    "$@"
}

run=runs/demo
rm -rf "$run"

say specc check cnn_digits
say specc summary cnn_digits
say specc train cnn_digits --output "$run"
say specc evaluate "$run"

printf '\nSix scans that the network has not seen:\n\n'
mkdir -p "$run/scans"
python - "$run/scans" <<'EOF'
import sys

from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

images, labels = load_digits(return_X_y=True)
_, held_out, _, answers = train_test_split(images, labels, test_size=0.2, random_state=0, stratify=labels)
scans = [(held_out[i].reshape(8, 8), answers[i]) for i in range(6)]
for row in range(8):
    print("   ".join("".join(" .:*#"[int(pixel) // 4] * 2 for pixel in scan[row]) for scan, _ in scans).rstrip())
for number, (scan, answer) in enumerate(scans, 1):
    Image.fromarray((scan * 15.9375).astype("uint8")).save(f"{sys.argv[1]}/scan{number}_of_a_{answer}.png")
EOF
say specc predict "$run" "$run"/scans/*.png --output "$run/predictions.png"

printf '\nThe run is in %s, with pictures: ' "$run"
(cd "$run" && echo *.png)
printf 'Now write a spec of your own: specc new mine\n'
