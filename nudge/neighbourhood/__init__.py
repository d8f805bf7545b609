"""What a network makes of the pictures around one picture: along a direction, and over a plane.

Imports attacks and evaluation; the pages that show one picture import it. Start reading at
`picture_attack`.
"""
