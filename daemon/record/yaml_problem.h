/* record/yaml_problem.h - libyaml's complaints in words that tell people what to do. For record/yaml.c alone. */
#ifndef TUYEN_RECORD_YAML_PROBLEM_H
#define TUYEN_RECORD_YAML_PROBLEM_H

/* The sentence and the hint for what libyaml calls the problem (may be NULL); never NULL, for any text. */
const char *yaml_problem(const char *problem, const char **hint);

#endif
