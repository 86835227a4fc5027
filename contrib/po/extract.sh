# Print every message of the tree as a template (.pot). Messages are English templates with %1 to %6 (daemon/base/err.h),
# never formats of printf.
set -eu
cd "$(dirname "$0")/../.."
find daemon cli -name '*.[ch]' | LC_ALL=C sort | xgettext --files-from=- --output=- --from-code=UTF-8 --language=C \
	--add-location=file --package-name=tuyen --copyright-holder='' --msgid-bugs-address=tuyen \
	--keyword --keyword=N_ --keyword=_ --keyword=err_set:3 --keyword=err_hint:2 \
	--keyword=outcome_note:2 --keyword=outcome_warn:2 --keyword=control_say:2 --keyword=control_warn:2 \
	--keyword=say:1 --keyword=say_out:1 --keyword=say_into:2 \
	--keyword=show_column:3 --keyword=show_line:1 |
	sed '/^#, c-format$/d; /^"POT-Creation-Date:/d; s/charset=CHARSET/charset=UTF-8/'
