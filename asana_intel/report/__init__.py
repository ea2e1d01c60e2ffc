"""The self-contained HTML report: what is read, how it is arranged, how it is drawn. It computes no forecast."""
