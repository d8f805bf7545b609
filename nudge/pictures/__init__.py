"""Somebody's own picture, from the bytes of an upload to the 28 x 28 pixels of a network.

Imports `models` alone. `decoding` reads what anybody may upload at a bounded cost, `preprocessing`
brings it to what the data set looks like, `data_uri` writes pictures for browsers. Start reading at
`preprocessing`.
"""
