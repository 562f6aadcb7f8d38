//! `examples/opencv` of Pachyderm as published, its code word for word; `cv2` and its kin are stand-ins for text.

/// What comes out.
pub(crate) const EXPECTED: [(&str, &str); 2] =
    [("kitten.png", "edges of kitten 100 200\n"), ("liberty.png", "edges of liberty 100 200\n")];

/// Stand-ins for the libraries.
pub(crate) const STANDINS: [(&str, &str); 4] = [
    (
        "cv2.py",
        "def imread(path):\n    return open(path).read()\n\ndef Canny(image, low, high):\n    return f'edges of {image} {low} {high}\\n'\n",
    ),
    ("numpy.py", ""),
    ("matplotlib/__init__.py", ""),
    ("matplotlib/pyplot.py", "def imsave(path, image, cmap):\n    open(path, 'w').write(image)\n"),
];

/// The code.
pub(crate) const EDGES: &str = r#"import cv2
import numpy as np
from matplotlib import pyplot as plt
import os

# make_edges reads an image from /pfs/images and outputs the result of running
# edge detection on that image to /pfs/out. Note that /pfs/images and
# /pfs/out are special directories that Pachyderm injects into the container.
def make_edges(image):
   img = cv2.imread(image)
   tail = os.path.split(image)[1]
   edges = cv2.Canny(img,100,200)
   plt.imsave(os.path.join("/pfs/out", os.path.splitext(tail)[0]+'.png'), edges, cmap = 'gray')

# walk /pfs/images and call make_edges on every file found
for dirpath, dirs, files in os.walk("/pfs/images"):
   for file in files:
       make_edges(os.path.join(dirpath, file))
"#;
