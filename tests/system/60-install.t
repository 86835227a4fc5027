#!/bin/sh
# Goal: `make install` puts everything where it belongs, and what it installs works: programs, manual, Vietnamese, completion, service.
. "$(dirname "$0")/../lib/tap.sh"

t 'install' make -C "$TOP" --no-print-directory install DESTDIR="$WORK/root" PREFIX=/usr BUILD="${TUYEN_BUILD%/san}"
for file in usr/bin/tuyen usr/bin/git-merge-tuyen usr/sbin/tuyend usr/share/man/man1/tuyen.1 usr/share/man/man8/tuyend.8 usr/share/man/man5/tuyen.conf.5 \
	usr/share/man/man5/tuyen-plan.5 usr/share/locale/vi/LC_MESSAGES/tuyen.mo usr/share/bash-completion/completions/tuyen \
	lib/systemd/system/tuyend@.service usr/share/doc/tuyen/plans/le-chan.yaml; do
	[ -s "root/$file" ]
	ok "$file" $?
done
t 'the installed command runs' root/usr/bin/tuyen --version
t 'the installed daemon runs' root/usr/sbin/tuyend --version

# The service as installed, with the program it names in place.
mkdir -p units
sed "s,/usr/sbin/tuyend,$WORK/root/usr/sbin/tuyend," 'root/lib/systemd/system/tuyend@.service' >'units/tuyend@.service'
systemd-analyze verify --man=no "$WORK/units/tuyend@.service" >out 2>&1
[ ! -s out ]
ok 'systemd-analyze finds nothing to say' $?
[ ! -s out ] || show out
systemd-analyze security --offline=yes --threshold=30 "$WORK/units/tuyend@.service" >out 2>&1
ok 'the service is hardened (exposure below 3.0)' $?
bash -c ". root/usr/share/bash-completion/completions/tuyen; complete -p tuyen" >out 2>&1
ok 'completion loads' $?
done_testing
