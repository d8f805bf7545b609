"""The explorer's component: the Python side that sends a scene, and the scripts that draw it.

`payload` says what is sent; `stage.js` puts the other scripts together. A drag of the slider is
drawn from one scene without a message to the server. Imported by the explorer, and by
a class that looks at an answer.
"""
