#include "record/yaml_problem.h"

#include <string.h>

#include "base/err.h"

static const char no_key_here[] = N_("a ':' stands where no key can be");
static const char no_anchors[] = N_("anchors and aliases ('&', '*') are not taken");
static const char no_anchors_hint[] =
    N_("put a text that begins so in quotes, and write values out where they belong");
static const char no_tags[] = N_("tags ('!') are not taken");
static const char no_tags_hint[] = N_("put a text that begins with '!' in quotes");
static const char no_directives[] = N_("directives ('%') are not taken");
static const char no_directives_hint[] = N_("remove the line, or put a text that begins with '%' in quotes");
static const char bad_escape[] = N_("a '\\' in double quotes is followed by what means nothing");
static const char bad_escape_hint[] = N_("write the '\\' twice, or use single quotes");
static const char bad_block[] = N_("after '|' or '>' the line must end");
static const char bad_block_hint[] = N_("begin the text on the next line, or put it in quotes");

/* All that libyaml 0.2.5 says of a text that is UTF-8 and has none of the characters refused before. */
static const struct {
	const char *problem, *msg, *hint;
} problems[] = {
    {"mapping values are not allowed in this context", no_key_here,
	N_("put a text that holds ': ' in quotes, and check that keys of one map begin in the same column")},
    {"found unexpected ':'", no_key_here,
	N_("put a blank after the ':' of a key, and a text that holds ':' in quotes")},
    {"mapping keys are not allowed in this context", N_("a '?' stands where no key can be"),
	N_("put a text that begins with '?' in quotes")},
    {"did not find expected key", N_("a key should begin here"),
	N_("check that keys of one map begin in the same column and that every quote is closed")},
    {"could not find expected ':'", N_("a key is not followed by ':'"), N_("write 'key: value'")},
    {"did not find expected ',' or ']'", N_("a list that began with '[' is not closed"),
	N_("put a ',' between members and a ']' at the end")},
    {"did not find expected ',' or '}'", N_("a map that began with '{' is not closed"),
	N_("put a ',' between keys and a '}' at the end")},
    {"did not find expected node content", N_("a value should begin here"),
	N_("check that every '[' and '{' is closed and that no ',' stands alone")},
    {"did not find expected '-' indicator", N_("a member of the list should begin here with '-'"),
	N_("check that the members of one list begin in the same column")},
    {"found unexpected end of stream", N_("a quote is opened but never closed"),
	N_("close it, and write a ' inside of single quotes twice")},
    {"found character that cannot start any token", N_("a text cannot begin with this character"),
	N_("put the text in quotes")},
    {"block sequence entries are not allowed in this context", N_("a '-' stands where no list can be"),
	N_("begin the list on a line of its own, or put the text in quotes")},
    {"did not find expected <document start>", N_("there is more text after the end of the document"),
	N_("give one document a file")},
    {"found unexpected document indicator", N_("a '---' or '...' stands inside of a quoted text"),
	N_("close the quote before it")},
    {"found a tab character where an indentation space is expected", N_("there is a tab in the indentation"),
	N_("write blanks instead of tabs")},
    {"found a tab character that violates indentation", N_("there is a tab in the indentation"),
	N_("write blanks instead of tabs")},
    {"did not find expected alphabetic or numeric character", no_anchors, no_anchors_hint},
    {"found unknown escape character", bad_escape, bad_escape_hint},
    {"did not find expected hexdecimal number", bad_escape, bad_escape_hint},
    {"found invalid Unicode character escape code", bad_escape, bad_escape_hint},
    {"did not find expected comment or line break", bad_block, bad_block_hint},
    {"found an indentation indicator equal to 0", bad_block, bad_block_hint},
    {"found undefined tag handle", no_tags, no_tags_hint},
    {"did not find expected '!'", no_tags, no_tags_hint},
    {"did not find expected tag URI", no_tags, no_tags_hint},
    {"did not find the expected '>'", no_tags, no_tags_hint},
    {"did not find URI escaped octet", no_tags, no_tags_hint},
    {"did not find expected whitespace or line break", no_tags, no_tags_hint},
    {"found an incorrect leading UTF-8 octet", no_tags, no_tags_hint},
    {"found an incorrect trailing UTF-8 octet", no_tags, no_tags_hint},
    {"found unknown directive name", no_directives, no_directives_hint},
    {"found incompatible YAML document", no_directives, no_directives_hint},
    {"found duplicate %YAML directive", no_directives, no_directives_hint},
    {"found duplicate %TAG directive", no_directives, no_directives_hint},
    {"could not find expected directive name", no_directives, no_directives_hint},
    {"did not find expected digit or '.' character", no_directives, no_directives_hint},
    {"did not find expected version number", no_directives, no_directives_hint},
    {"found extremely long version number", no_directives, no_directives_hint},
    {"found unexpected non-alphabetical character", no_directives, no_directives_hint},
    {"did not find expected whitespace", no_directives, no_directives_hint},
};

const char *yaml_problem(const char *problem, const char **hint)
{
	for (size_t i = 0; problem && i < sizeof problems / sizeof *problems; i++)
		if (strcmp(problem, problems[i].problem) == 0) {
			*hint = problems[i].hint;
			return problems[i].msg;
		}
	*hint = N_("put texts with special characters in quotes, and check the indentation");
	return N_("this is not YAML that can be read");
}
