/* What two nodes do on one line. */
#include "world.h"

static struct node city, ward;

static int begin(void **state)
{
	(void)state;
	city = (struct node){.unit = "31", .instance = "city 1"};
	ward = (struct node){.unit = "11383", .instance = "ward 1"};
	share(&city, &ward, "directives/31");
	share(&city, &ward, "directives/11383");
	share(&city, &ward, "reports/11383");
	return 0;
}

static int end(void **state)
{
	(void)state;
	node_free(&city);
	node_free(&ward);
	return 0;
}

static void meet(void)
{
	node_open(&ward, SYNC_DIALER, 0);
	node_open(&city, SYNC_LISTENER, 0);
	converse(&ward, &city, 0);
}

static void write_some(struct node *n, const char *ledger, int count)
{
	char path[64], text[64];
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "progress/31/hp.2026-06/nv%02d.yaml", i % 10);
		snprintf(text, sizeof text, "state: doing\npercent: '%d'\n", i);
		node_write(n, ledger, "task set", path, text, NULL, NULL);
	}
}

static void first_meeting(void **state)
{
	(void)state;
	write_some(&city, "directives/31", 3);
	write_some(&ward, "reports/11383", 2);
	meet();
	assert_same(&city, &ward);
	assert_int_equal(ward.stored, 3);
	assert_int_equal(city.stored, 2);
	assert_int_equal(ward.equal, 1);
	assert_int_equal(city.equal, 1);
}

static void one_round_trip_when_they_remember(void **state)
{
	(void)state;
	write_some(&city, "directives/31", 3);
	meet();
	write_some(&ward, "reports/11383", 2);
	write_some(&city, "directives/31", 1);
	ward.flights = city.flights = 0;
	meet();
	assert_same(&city, &ward);
	/* ward: hello, changes, ask; city: ack, changes, answer; ward: ack, note. */
	assert_int_equal(ward.flights, 2);
	assert_int_equal(city.flights, 1);
	assert_int_equal(ward.known + city.known, 0);
}

static void idle_exchange_is_small(void **state)
{
	(void)state;
	write_some(&city, "directives/31", 3);
	meet();
	ward.sent = city.sent = 0;
	sync_request(ward.sync, 7, 1000);
	assert_int_equal(converse(&ward, &city, 1000), 2);
	assert_int_equal(ward.sent, 16);
	assert_int_equal(city.sent, 16);
	assert_int_equal(ward.token, 7);
}

static void changes_go_out_as_they_come(void **state)
{
	(void)state;
	meet();
	write_some(&ward, "reports/11383", 1);
	sync_local(ward.sync, 10);
	converse(&ward, &city, 10);
	assert_int_equal(city.stored, 1);
	write_some(&city, "reports/11383", 1);
	sync_local(city.sync, 20);
	converse(&ward, &city, 20);
	assert_int_equal(ward.stored, 1);
	assert_same(&city, &ward);
}

static void both_write_at_once(void **state)
{
	(void)state;
	write_some(&ward, "reports/11383", 3);
	meet();
	write_some(&ward, "reports/11383", 2);
	write_some(&city, "reports/11383", 2);
	sync_local(ward.sync, 10);
	sync_local(city.sync, 10);
	converse(&ward, &city, 10);
	assert_same(&city, &ward);
	write_some(&ward, "reports/11383", 1); /* on a merge: two heads */
	sync_local(ward.sync, 20);
	converse(&ward, &city, 20);
	assert_same(&city, &ward);
	assert_int_equal(city.known + ward.known, 0);
}

static void lost_memory_is_learnt_anew(void **state)
{
	(void)state;
	write_some(&ward, "reports/11383", 40);
	write_some(&city, "directives/31", 5);
	meet();
	buf_free(&city.memory);
	write_some(&ward, "reports/11383", 1);
	write_some(&city, "reports/11383", 1);
	meet();
	assert_same(&city, &ward);
	buf_free(&ward.memory);
	write_some(&ward, "reports/11383", 1);
	write_some(&city, "directives/31", 1);
	meet();
	assert_same(&city, &ward);
	/* Of two concurrent changes the have names one: the other may come twice. */
	assert_in_range(city.known + ward.known, 0, 1);
}

static void a_burned_node_is_rebuilt(void **state)
{
	(void)state;
	write_some(&ward, "reports/11383", 200);
	write_some(&city, "directives/31", 20);
	meet();
	node_forget(&ward, NULL);
	buf_free(&ward.memory);
	ward.instance[0] = 'W';
	ward.stored = 0;
	meet();
	assert_same(&city, &ward);
	assert_int_equal(ward.stored, 220);
}

static void an_older_copy_of_the_store_catches_up(void **state)
{
	(void)state;
	write_some(&ward, "reports/11383", 20);
	meet();
	struct ledger *l = ledger_of(&ward, "reports/11383", false);
	for (int i = 0; i < 5; i++)
		entry_free(l->entries[--l->n]);
	/* The instance was not changed: the city believes that the ward has what it lost. */
	write_some(&city, "reports/11383", 2);
	meet();
	assert_same(&city, &ward);
	assert_int_equal(l->n, 22);
	assert_int_equal(ward.closed.code, 0);
}

/* The memory is that of the instance which calls, not of the one that called last. */
static void memory_waits_for_the_hello(void **state)
{
	(void)state;
	write_some(&city, "directives/31", 3);
	write_some(&ward, "reports/11383", 40);
	meet();
	city.late = true;
	write_some(&ward, "reports/11383", 2);
	write_some(&city, "directives/31", 1);
	ward.flights = city.flights = 0;
	meet();
	assert_same(&city, &ward);
	assert_int_equal(ward.flights, 2);
	assert_int_equal(city.flights, 1);
	assert_int_equal(ward.known + city.known, 0);
	/* A twin of the ward comes, which has none of it: what is remembered of the ward does not count. */
	struct node twin = {.unit = "11383", .instance = "ward 2"};
	share(&city, &twin, "directives/31");
	share(&city, &twin, "directives/11383");
	share(&city, &twin, "reports/11383");
	node_open(&twin, SYNC_DIALER, 0);
	node_open(&city, SYNC_LISTENER, 0);
	converse(&twin, &city, 0);
	assert_same(&city, &twin);
	assert_int_equal(city.known + twin.known, 0);
	node_free(&twin);
}

/* An old copy in its place, which writes before it meets anybody: nothing that is there goes again. */
static void an_older_copy_that_goes_on_sends_only_its_own(void **state)
{
	(void)state;
	write_some(&ward, "reports/11383", 40);
	write_some(&city, "directives/31", 20);
	meet();
	struct ledger *l = ledger_of(&ward, "reports/11383", false);
	for (size_t kept = 1; kept < 40; kept += 13) {
		while (l->n > kept)
			entry_free(l->entries[--l->n]);
		write_some(&ward, "reports/11383", 1);
		ward.known = city.known = 0;
		meet();
		assert_same(&city, &ward);
		assert_int_equal(city.known, 0);
		assert_int_equal(ward.known, 0);
	}
}

/* A mute end hears of what it shares, and says nothing; the other remembers what it knew. */
static void who_is_mute_only_listens(void **state)
{
	(void)state;
	write_some(&ward, "reports/11383", 20);
	meet();
	write_some(&ward, "reports/11383", 3);
	write_some(&ward, "directives/31", 1);
	write_some(&city, "directives/31", 2);
	write_some(&city, "reports/11383", 2);
	struct strs shared = ward.shared, accepts = ward.accepts;
	ward.shared = ward.accepts = (struct strs){0};
	strs_add(&ward.shared, "directives/31");
	strs_add(&ward.accepts, "directives/31");
	strs_add(&ward.declined, "directives/31"); /* it is shared, so it is not declined */
	strs_add(&ward.declined, "directives/11383");
	strs_add(&ward.declined, "reports/11383");
	buf_free(&ward.memory);
	ward.stored = city.stored = 0;
	meet();
	assert_int_equal(city.stored, 0);
	assert_int_equal(ward.stored, 2);
	strs_free(&ward.shared);
	strs_free(&ward.accepts);
	strs_free(&ward.declined);
	buf_free(&ward.memory);
	ward.shared = shared;
	ward.accepts = accepts;
	ward.known = city.known = 0;
	meet();
	assert_same(&city, &ward);
	assert_int_equal(ward.known, 0);
}

static void a_refused_change_blocks_only_what_is_built_on_it(void **state)
{
	(void)state;
	meet();
	strs_add(&city.refuses, "bad");
	node_write(&ward, "reports/11383", "good", "acks/31/D-1.yaml", "version: '1'\n", NULL, NULL);
	node_write(&ward, "reports/11383", "bad", "acks/31/D-2.yaml", "version: '1'\n", NULL, NULL);
	node_write(&ward, "reports/11383", "built on it", "acks/31/D-3.yaml", "version: '1'\n", NULL, NULL);
	node_write(&ward, "directives/11383", "other", "directives/D-4.yaml", "version: '1'\n", NULL, NULL);
	sync_request(ward.sync, 3, 10);
	converse(&ward, &city, 10);
	assert_int_equal(city.stored, 2);
	assert_int_equal(ward.refusals, 1);
	assert_int_equal(ward.token, 3);
	uint64_t sent = ward.sent;
	meet();
	assert_int_equal(city.stored, 2);
	assert_true(ward.sent - sent < 400);
	assert_same(&city, &ward);
}

static void a_parked_change_comes_again_when_the_peer_has_moved(void **state)
{
	(void)state;
	meet();
	strs_add(&city.parks, "early");
	node_write(&ward, "reports/11383", "early", "acks/31/D-1.yaml", "version: '1'\n", NULL, NULL);
	sync_request(ward.sync, 3, 10);
	converse(&ward, &city, 10);
	assert_int_equal(city.stored, 0);
	assert_int_equal(ward.token, 3);
	assert_int_equal(ward.equal, 1); /* the first meeting alone */
	strs_free(&city.parks);
	write_some(&city, "directives/31", 1);
	sync_local(city.sync, 20);
	converse(&ward, &city, 20);
	assert_int_equal(city.stored, 1);
	assert_same(&city, &ward);
}

static void a_ledger_that_is_not_taken_is_left_out(void **state)
{
	(void)state;
	strs_add(&ward.shared, "reports/11050");
	write_some(&ward, "reports/11050", 2);
	write_some(&ward, "reports/11383", 2);
	meet();
	assert_int_equal(city.stored, 2);
	assert_same(&city, &ward);
	assert_int_equal(ward.equal, 1);
	/* A new grant: now the city takes it. */
	strs_add(&city.accepts, "reports/11050");
	sync_local(city.sync, 50);
	converse(&ward, &city, 50);
	assert_int_equal(city.stored, 4);
	assert_same(&city, &ward);
}

static void a_ledger_one_end_does_not_list_yet(void **state)
{
	(void)state;
	strs_add(&city.shared, "directives/0");
	strs_add(&ward.accepts, "directives/0");
	write_some(&city, "directives/0", 2);
	meet();
	assert_int_equal(ward.stored, 2);
	assert_same(&city, &ward);
	ward.sent = city.sent = 0;
	meet();
	assert_same(&city, &ward);
	assert_true(ward.sent + city.sent < 110);
}

static void cut(struct node *a, struct node *b, size_t after)
{
	size_t moved = 0;
	node_open(a, SYNC_DIALER, 0);
	node_open(b, SYNC_LISTENER, 0);
	node_act(a, 0);
	while ((a->outbox.len || b->outbox.len) && moved < after) {
		struct node *from = a->outbox.len ? a : b, *to = from == a ? b : a;
		size_t n = from->outbox.len < after - moved ? from->outbox.len : after - moved;
		n = n < 100 ? n : 100;
		struct buf rest = {0};
		sync_receive(to->sync, from->outbox.data, n, 0);
		buf_add(&rest, from->outbox.data + n, from->outbox.len - n);
		buf_free(&from->outbox);
		from->outbox = rest;
		moved += n;
		node_act(to, 0);
	}
}

static void a_cut_at_every_byte_sends_nothing_twice(void **state)
{
	(void)state;
	uint64_t whole = 0;
	for (size_t after = 0; after < 3000; after += 61) {
		end(NULL);
		begin(NULL);
		write_some(&city, "directives/31", 3);
		write_some(&ward, "reports/11383", 3);
		meet();
		write_some(&ward, "reports/11383", 30);
		write_some(&city, "reports/11383", 10);
		ward.sent = city.sent = 0;
		if (after)
			cut(&ward, &city, after);
		meet();
		assert_same(&city, &ward);
		assert_int_equal(city.stored, 33);
		assert_int_equal(ward.stored, 13);
		if (!after)
			whole = ward.sent + city.sent;
		assert_in_range(ward.known + city.known, 0, 12);
	}
	assert_true(whole < 4400);
}

static void silence_is_given_up(void **state)
{
	(void)state;
	meet();
	sync_request(ward.sync, 1, 1000);
	node_act(&ward, 1000);
	buf_cut(&ward.outbox, 0);
	assert_int_equal(sync_next_tick(ward.sync), 1000 + SYNC_PING_BUSY);
	sync_tick(ward.sync, 1000 + SYNC_PING_BUSY);
	node_act(&ward, 1000 + SYNC_PING_BUSY);
	assert_int_equal(ward.outbox.len, 2);
	sync_tick(ward.sync, 999 + SYNC_DEAD);
	node_act(&ward, 999 + SYNC_DEAD);
	assert_int_equal(ward.closed.code, 0);
	sync_tick(ward.sync, 1000 + SYNC_DEAD);
	node_act(&ward, 1000 + SYNC_DEAD);
	assert_int_equal(ward.closed.code, ERR_TIMEOUT);
	assert_int_equal(sync_next_tick(ward.sync), INT64_MAX);
}

static void an_idle_line_is_asked_once_a_minute(void **state)
{
	(void)state;
	meet();
	assert_int_equal(sync_next_tick(ward.sync), SYNC_PING_IDLE);
	ward.sent = city.sent = 0;
	sync_tick(ward.sync, SYNC_PING_IDLE);
	converse(&ward, &city, SYNC_PING_IDLE);
	assert_int_equal(ward.sent + city.sent, 4);
	assert_int_equal(sync_next_tick(ward.sync), 2 * SYNC_PING_IDLE);
}

static void who_stores_for_long_says_that_it_is_there(void **state)
{
	(void)state;
	meet();
	city.deaf = true;
	write_some(&ward, "reports/11383", 1);
	sync_local(ward.sync, 0);
	converse(&ward, &city, 0);
	city.sent = 0;
	int64_t at = sync_next_tick(city.sync);
	assert_in_range(at, 1, 20000);
	sync_tick(city.sync, at);
	node_act(&city, at);
	assert_int_equal(city.sent, 2);
}

static void unknown_messages_are_skipped(void **state)
{
	(void)state;
	meet();
	static const char newer[] = {3, 99, 1, 2};
	sync_receive(city.sync, newer, sizeof newer, 5);
	node_act(&city, 5);
	assert_int_equal(city.closed.code, 0);
	write_some(&ward, "reports/11383", 1);
	sync_local(ward.sync, 6);
	converse(&ward, &city, 6);
	assert_int_equal(city.stored, 1);
}

/* Told once there is much, and counted down as it comes; by what is remembered when there is no line. */
static void what_waits_is_known_at_both_ends(void **state)
{
	(void)state;
	struct sync_load load;
	struct sync_state st;
	struct sync_world world = {
	    &ward, w_shared, w_accepts, w_heads, w_between, w_has, w_change, w_text, w_memory, w_kept};
	write_some(&ward, "reports/11383", 3);
	meet();
	sync_waiting(ward.sync, &load);
	assert_int_equal(load.changes, 0);
	sync_state(city.sync, &st);
	assert_true(st.told);
	assert_int_equal(st.coming.changes, 0);
	write_some(&ward, "reports/11383", 600);
	sync_waiting_by(&world, ward.memory.data, ward.memory.len, &load);
	assert_int_equal(load.changes, 600);
	assert_in_range(load.bytes, 600 * 64, 600 * 400);
	sync_waiting_by(&world, NULL, 0, &load);
	assert_int_equal(load.changes, 603);
	sync_local(ward.sync, 6);
	node_wait(&ward, 6);
	sync_waiting(ward.sync, &load);
	assert_int_equal(load.changes, 600);
	sync_receive(city.sync, buf_str(&ward.outbox), ward.outbox.len, 407);
	buf_cut(&ward.outbox, 0);
	city.deaf = false;
	node_act(&city, 407);
	sync_state(city.sync, &st);
	assert_in_range(st.coming.changes, 300, 599);
	assert_int_equal(st.coming.changes + st.changes_in - 3, 600);
	assert_true(st.coming.bytes >= st.coming.changes * 80);
	sync_receive(ward.sync, buf_str(&city.outbox), city.outbox.len, 1406);
	buf_cut(&city.outbox, 0);
	node_act(&ward, 1406);
	sync_state(ward.sync, &st);
	assert_true(st.out.ms >= 1000 && st.out.bytes > 1000);
	converse(&ward, &city, 1406);
	assert_same(&city, &ward);
	sync_state(city.sync, &st);
	assert_int_equal(st.coming.changes, 0);
	static const char nonsense[] =
	    "\x15\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	sync_receive(city.sync, nonsense, 22, 1407);
	sync_state(city.sync, &st);
	assert_int_equal(st.coming.changes, (uint64_t)1 << 40);
}

/* Of a short record little is new in a change, of a long text most. */
static void what_waits_is_weighed_by_its_length(void **state)
{
	(void)state;
	struct sync_load load;
	struct sync_world world = {
	    &ward, w_shared, w_accepts, w_heads, w_between, w_has, w_change, w_text, w_memory, w_kept};
	char text[32768] = "note: '";
	memset(text + strlen(text), 'x', sizeof text - 16);
	strcpy(text + sizeof text - 9, "'\n");
	node_write(&ward, "reports/11383", "long", "reports/31/hp.2026/2026-06.yaml", text, NULL, NULL);
	sync_waiting_by(&world, NULL, 0, &load);
	assert_int_equal(load.changes, 1);
	assert_in_range(load.bytes, 8000, 16000);
}

/* Before any hello; what a superior says beyond five minutes does not count. */
static void a_busy_superior_is_called_again(void **state)
{
	(void)state;
	static const unsigned said[] = {7, 0, 100000}, counted[] = {7, 1, 300};
	for (size_t i = 0; i < 3; i++) {
		struct buf busy = {0};
		node_open(&ward, SYNC_DIALER, 0);
		node_act(&ward, 0);
		sync_busy(said[i], &busy);
		assert_true(busy.len <= 5);
		sync_receive(ward.sync, busy.data, busy.len, 1);
		const struct sync_action *a = sync_next(ward.sync);
		assert_non_null(a);
		assert_int_equal(a->kind, SYNC_DO_CLOSE);
		assert_int_equal(a->err.code, ERR_BUSY);
		assert_int_equal(a->again, counted[i]);
		buf_free(&busy);
	}
	meet();
	sync_receive(city.sync, "\x02\x0a\x05", 3, 2); /* a dialer has no turns to give */
	node_act(&city, 2);
	assert_int_equal(city.closed.code, 0);
}

static void a_quiet_line_that_is_dead_is_given_up_within_a_minute(void **state)
{
	(void)state;
	meet();
	sync_tick(ward.sync, SYNC_PING_IDLE);
	assert_in_range(sync_next_tick(ward.sync), SYNC_PING_IDLE, 60000);
	sync_tick(ward.sync, sync_next_tick(ward.sync) - 1);
	node_act(&ward, 0);
	assert_int_equal(ward.closed.code, 0);
	sync_tick(ward.sync, sync_next_tick(ward.sync));
	node_act(&ward, 0);
	assert_int_equal(ward.closed.code, ERR_TIMEOUT);
}

/* From its last byte on nothing comes; after so long something becomes due, at this end or not at all. */
static int64_t given_up(struct node *n, int64_t due)
{
	end(NULL);
	begin(NULL);
	meet();
	for (int64_t now = 0; !n->closed.code && now < 200000; now = sync_next_tick(n->sync)) {
		if (now <= due && due < sync_next_tick(n->sync)) {
			now = due;
			sync_request(n->sync, 1, now);
		}
		sync_tick(n->sync, now);
		node_act(n, now);
		if (n->closed.code)
			return now;
	}
	return INT64_MAX;
}

static void whatever_is_due_a_dead_line_is_given_up_within_a_minute(void **state)
{
	(void)state;
	for (int64_t due = 500; due < 60000; due += 500) {
		int64_t least = due + SYNC_DEAD < 58000 ? due + SYNC_DEAD : 58000;
		assert_in_range(given_up(&ward, due), least, 60000);
		assert_in_range(given_up(&city, due), least, 60000);
	}
}

static void who_breaks_the_protocol_is_cut_off(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {{"\x02\x03\x01", 3} /* ack before hello */, {"\x00", 1},
	    {"\xFF\xFF\xFF\xFF\x7F", 5} /* too long: known once ten bytes are there */, {"\x02\x01\x01", 3}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		end(NULL);
		begin(NULL);
		node_open(&city, SYNC_LISTENER, 0);
		sync_receive(city.sync, bad[i].bytes, bad[i].len, 0);
		sync_receive(city.sync, "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", 10, 0);
		node_act(&city, 0);
		assert_int_equal(city.closed.code, ERR_PEER);
	}
}

static void damaged_memory_is_forgotten(void **state)
{
	(void)state;
	write_some(&ward, "reports/11383", 5);
	meet();
	struct buf good = ward.memory;
	for (size_t i = 0; i < good.len; i++) {
		ward.memory = (struct buf){0};
		buf_add(&ward.memory, good.data, good.len);
		ward.memory.data[i] ^= (char)(1 << i % 8);
		meet();
		assert_int_equal(ward.closed.code, 0);
		assert_same(&city, &ward);
		buf_free(&ward.memory);
	}
	buf_free(&good);
}

/* Nothing that a peer may say crashes or hangs a node: every byte of a conversation changed in turn. */
static void any_byte_may_be_wrong(void **state)
{
	(void)state;
	for (size_t at = 0; at < 700; at += 3) {
		end(NULL);
		begin(NULL);
		write_some(&ward, "reports/11383", 4);
		node_open(&ward, SYNC_DIALER, 0);
		node_open(&city, SYNC_LISTENER, 0);
		city.deaf = true;
		node_act(&ward, 0);
		if (at < ward.outbox.len)
			ward.outbox.data[at] ^= 0x15;
		converse(&ward, &city, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	    T(first_meeting),
	    T(one_round_trip_when_they_remember),
	    T(idle_exchange_is_small),
	    T(changes_go_out_as_they_come),
	    T(both_write_at_once),
	    T(lost_memory_is_learnt_anew),
	    T(a_burned_node_is_rebuilt),
	    T(an_older_copy_of_the_store_catches_up),
	    T(memory_waits_for_the_hello),
	    T(an_older_copy_that_goes_on_sends_only_its_own),
	    T(who_is_mute_only_listens),
	    T(a_refused_change_blocks_only_what_is_built_on_it),
	    T(a_parked_change_comes_again_when_the_peer_has_moved),
	    T(a_ledger_that_is_not_taken_is_left_out),
	    T(a_ledger_one_end_does_not_list_yet),
	    T(a_cut_at_every_byte_sends_nothing_twice),
	    T(silence_is_given_up),
	    T(an_idle_line_is_asked_once_a_minute),
	    T(who_stores_for_long_says_that_it_is_there),
	    T(unknown_messages_are_skipped),
	    T(what_waits_is_known_at_both_ends),
	    T(what_waits_is_weighed_by_its_length),
	    T(a_busy_superior_is_called_again),
	    T(a_quiet_line_that_is_dead_is_given_up_within_a_minute),
	    T(whatever_is_due_a_dead_line_is_given_up_within_a_minute),
	    T(who_breaks_the_protocol_is_cut_off),
	    T(damaged_memory_is_forgotten),
	    T(any_byte_may_be_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
