"""The functional core: values in, values out; decides everything and touches nothing."""
