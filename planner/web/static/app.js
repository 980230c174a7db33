// The one small module: every page works without it. It only adds comfort.
