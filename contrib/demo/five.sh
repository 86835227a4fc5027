# Sourced by settle.sh and by the test of the walk: a city, a ward, the ward's police station, and five conflicts between them.
# The caller gives `start DIR` (a daemon) and `quiet COMMAND...` (which must work).

# five_nodes PORT: city, ward and police, in the current folder; two ports from PORT on.
five_nodes() {
	cat >plan.yaml <<'EOP'
format: plan/1
plan: {id: hp.2026, title: Kế hoạch xây dựng phường không ma túy}
indicators:
  - {id: TT01, name: Số buổi tuyên truyền, kind: count, unit: buổi, aggregate: sum, scope: commune}
  - {id: TT02, name: Số lượt người dự, kind: count, unit: lượt, aggregate: sum, scope: commune}
  - {id: MT05, name: Tổ dân phố không ma túy, kind: ratio, unit: tổ, aggregate: ratio_of_sums, scope: commune}
  - {id: MT06, name: Kinh phí đã dùng, kind: amount, unit: triệu đồng, aggregate: sum, scope: commune}
EOP
	quiet tuyen -C city init --unit 31 --level province --name 'Hải Phòng' --root --listen "127.0.0.1:$1"
	start city
	quiet tuyen -C city plan load plan.yaml
	quiet tuyen -C ward init --unit 11383 --level commune --name 'phường Lê Chân' --listen "127.0.0.1:$(($1 + 1))"
	five_admit ward city
	start ward
	quiet tuyen -C police init --unit 11383 --station cong-an --agency cong-an --level commune --name 'Công an phường'
	five_admit police ward
	start police
	quiet tuyen -C ward sync --wait --timeout 20
}
five_admit() { # WHO SUPERIOR
	tuyen -C "$1" join --request >request 2>said && tuyen -C "$2" unit admit request >welcome 2>said
	quiet tuyen -C "$1" join welcome
}

five_note() { # WHO HOW-MANY HOUSES
	printf '%s\n' 'Tháng 6 phường tổ chức tuyên truyền tại các tổ dân phố và hai trường trung học cơ sở.' \
		"Công an phường phối hợp rà soát $2 hộ kinh doanh có điều kiện, nhắc nhở $3 hộ chưa cam kết." \
		"Người lập biểu: $1." 'Kinh phí lấy từ nguồn của phường, chưa quyết toán.'
}
# A report that all know; then city, ward and police each change it, apart; then all is one again, and five fields are not.
five_conflicts() {
	quiet tuyen -C ward report set hp.2026 2026-06 TT01=40 TT02=1200 MT05=30/58 MT06=12,5 --note "$(five_note 'văn phòng' 60 5)"
	for node in ward police ward; do quiet tuyen -C $node sync --wait --timeout 20; done
	quiet tuyen -C police sync --pause
	quiet tuyen -C ward sync --pause
	quiet tuyen -C city report set --unit 11383 hp.2026 2026-06 TT01=43 --reason 'theo biên bản kiểm tra của thành phố'
	quiet tuyen -C ward report set hp.2026 2026-06 TT01=44 TT02=1250 MT05=31/58 MT06=13 \
		--note "$(five_note 'văn phòng phường' 64 5)"
	quiet tuyen -C police report set hp.2026 2026-06 TT02=1300 MT05=32/58 MT06=14 \
		--note "$(five_note 'công an phường' 66 7)"
	for node in ward police ward police; do quiet tuyen -C $node sync --resume --wait --timeout 20; done
}
