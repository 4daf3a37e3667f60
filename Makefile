# The tasks live in deploy/task.sh, which needs no make.
TASKS := run demo test soak unit lint types format coverage lock bench install help
.DEFAULT_GOAL := help
.PHONY: $(TASKS)
$(TASKS):
	@sh deploy/task.sh $@ $(ARGS)
