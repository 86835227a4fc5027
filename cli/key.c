/* The keys of a node. */
#include <string.h>

#include "ask.h"
#include "base/sys.h"
#include "cli.h"

#define KEY_FILE_MAX 4096

/* The file is read here, the daemon is given what stands in it. */
int cli_key_replace(struct cli *cli, struct err *err)
{
	const char *file = args_get(&cli->args, "reserve");
	struct buf text = {0};
	if (!file || !*file) {
		err_set(err, ERR_USAGE, "'%1' needs --%2", cli->command->name, "reserve");
		err_hint(err, N_("name the file of the reserve key, which `tuyen init --root` made"));
		return ERR_USAGE;
	}
	int rc = sys_read_file(file, KEY_FILE_MAX, &text, err);
	if (rc == 0 && strlen(buf_str(&text)) != text.len)
		rc = err_set(err, ERR_INPUT, N_("%1 is not a private key"), file);
	if (rc == 0) {
		args_add_option(&cli->args, "reserve", buf_str(&text));
		rc = ask_node(cli, err);
	}
	if (text.data)
		memset(text.data, 0, text.len);
	buf_free(&text);
	return rc;
}
