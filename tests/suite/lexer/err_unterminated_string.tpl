{{ "never closed }}
rest