"""Stage 6: fact sheets and the two or three sentences made from them."""
