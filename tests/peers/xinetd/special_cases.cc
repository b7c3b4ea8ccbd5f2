// SPDX-License-Identifier: ISC
// What needs no program of its own: builtins, redirection, tcpmux, sensors; and interception, RPC.
#include "tests/peers/xinetd/case.h"

namespace minetd {
namespace {

#define BUILTIN(NAME, KIND)                                                          \
    "service " NAME "\n{\nid = {id}\ntype = INTERNAL UNLISTED\nport = {port}\n" KIND \
    "user = root\nlog_type = FILE {records}\n"
#define STREAM "socket_type = stream\nprotocol = tcp\nwait = no\n"
#define DATAGRAM "socket_type = dgram\nprotocol = udp\nwait = yes\n"

const Case cases[] = {
    {"echo", BUILTIN("echo", STREAM) "}\n", "ask hello", "hello"},
    {"echo, datagrams", BUILTIN("echo", DATAGRAM) "}\n", "udp hello", "hello", "silence",
     "9: builtins are no reflectors"},
    {"discard", BUILTIN("discard", STREAM) "}\n", "ask hello", "closed"},
    {"discard, datagrams", BUILTIN("discard", DATAGRAM) "}\n", "udp hello", "silence"},
    {"daytime", BUILTIN("daytime", STREAM) "}\n", "size", "26 bytes"},
    {"daytime, datagrams", BUILTIN("daytime", DATAGRAM) "}\n", "udp-size hello", "26 bytes",
     "silence", "9: builtins are no reflectors"},
    {"time", BUILTIN("time", STREAM) "}\n", "size", "4 bytes"},
    {"time, datagrams", BUILTIN("time", DATAGRAM) "}\n", "udp-size hello", "4 bytes", "silence",
     "9: builtins are no reflectors"},
    {"chargen", BUILTIN("chargen", STREAM) "}\n", "open; bytes 80",
     "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n\"#$%&'",
     " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n!\"#$%&",
     "7.1: RFC 864's lines of 72 characters, from the first one"},
    {"chargen, datagrams", BUILTIN("chargen", DATAGRAM) "}\n", "udp-size hello", "1024 bytes",
     "silence", "9: builtins are no reflectors"},
    {"a builtin without a user",
     "service echo\n{\nid = {id}\ntype = INTERNAL UNLISTED\nport = {port}\n" STREAM "}\n",
     "ask hello", "hello"},
    {"a builtin on its official port",
     "service daytime\n{\nid = {id}\ntype = INTERNAL\n" STREAM "user = root\n}\n", "at 13; size",
     "26 bytes"},
    {"a builtin's records", BUILTIN("echo", STREAM) "log_on_success = PID HOST EXIT\n}\n",
     "from 10.1.2.3; ask hello; records 2",
     "hello; START: ID pid=N from=::ffff:10.1.2.3; EXIT: ID status=0 pid=N"},
    {"a builtin and only_from", BUILTIN("echo", STREAM) "only_from = 10.1.2.3\n}\n",
     "from 10.1.2.3; ask hello; from 10.1.2.4; open; rest", "hello; closed"},
    {"a builtin, datagrams and only_from", BUILTIN("echo", DATAGRAM) "only_from = 10.1.2.3\n}\n",
     "from 10.1.2.3; udp hello; from 10.1.2.4; udp hello", "hello; silence"},
    {"a builtin and instances", BUILTIN("echo", STREAM) "instances = 1\n}\n",
     "open; send x; bytes 1; b:open; b:rest", "x; closed"},
    {"a builtin and banners",
     BUILTIN("echo", STREAM) "banner = {dir}/welcome\nbanner_success = {dir}/admitted\n}\n",
     "ask hello", "welcome\nadmitted\nhello"},
    {"a builtin that there is not", BUILTIN("finger", STREAM) "}\n", "open", "refused"},
    {"servers, which xinetd lost", BUILTIN("servers", STREAM) "}\n", "open", "refused", "",
     "7.1: it lists the servers again"},
    {"NAMEINARGS and INTERNAL", BUILTIN("echo", STREAM) "flags = NAMEINARGS\n}\n", "open",
     "refused"},
    // -- redirect
    {"redirect", "redirect = 127.0.0.1 {ready}\n-server\n-server_args", "open; send hello\\n; rest",
     "hello\n"},
    {"redirect, by name", "redirect = localhost {ready}\n-server\n-server_args",
     "open; send hello\\n; rest", "hello\n"},
    {"redirect and a server", "redirect = 127.0.0.1 {ready}\n-server_args",
     "open; send hello\\n; rest", "hello\n"},
    {"redirect, half-close", "redirect = 127.0.0.1 {count}\n-server\n-server_args", "ask hello",
     "closed", "5\n", "7.2, 11: whoever ends its half is still answered"},
    {"redirect to nobody", "redirect = 127.0.0.1 {second}\n-server\n-server_args", "open; rest",
     "closed"},
    {"redirect to a name that there is not",
     "redirect = nowhere.example.org {ready}\n-server\n-server_args", "open; rest",
     "refused; refused", "closed", "7.2, 11: names are looked up when they are needed"},
    {"redirect, TRAFFIC",
     "redirect = 127.0.0.1 {ready}\n-server\n-server_args\nlog_on_success = TRAFFIC",
     "open; send hello\\n; rest; close; records 2",
     "hello\n; START: ID; TRAFFIC: ID in=6(bytes) out=6(bytes)"},
    {"redirect, records",
     "redirect = 127.0.0.1 {ready}\n-server\n-server_args\n"
     "log_on_success = PID HOST EXIT DURATION",
     "from 10.1.2.3; open; send hello\\n; rest; close; records 2",
     "hello\n; START: ID pid=N from=::ffff:10.1.2.3; EXIT: ID status=0 pid=N duration=N(sec)"},
    {"redirect and only_from",
     "redirect = 127.0.0.1 {ready}\n-server\n-server_args\nonly_from = 10.1.2.3",
     "from 10.1.2.3; open; send hello\\n; rest; from 10.1.2.4; open; rest", "hello\n; closed"},
    {"redirect, wait = yes", "redirect = 127.0.0.1 {ready}\n-server\n-server_args\nwait = yes",
     "open; rest", "refused; refused"},
    {"redirect without user", "redirect = 127.0.0.1 {ready}\n-server\n-server_args\n-user",
     "open; rest", "refused; refused"},
    // -- tcpmux
    {"tcpmux",
     "service tcpmux\n{\nid = {id}\ntype = INTERNAL\n" STREAM "user = root\n}\n"
     "service plain\n{\ntype = TCPMUX UNLISTED\n" STREAM
     "user = {user}\nserver = {probe}\nserver_args = report\n}\n"
     "service plus\n{\ntype = TCPMUXPLUS UNLISTED\n" STREAM
     "user = {user}\nserver = {probe}\nserver_args = answer\n}\n"
     "service unreached\n{\ntype = UNLISTED\nport = {port}\n" STREAM
     "user = {user}\nserver = {probe}\nserver_args = answer\n}\n",
     "at 1; open; send plain\\r\\n; rest; open; send PLAIN\\r\\n; rest; "
     "open; send plus\\r\\n; line; send x\\n; rest; open; send unreached\\r\\n; rest",
     "served; served; +Go\r\n; \\0x\n; -Service name not found\r\n\\0",
     "served; served; +Go\r\n; x\n; -Service not available\r\n",
     "7.3: no stray NUL; what is no name of tcpmux's is not available"},
    {"tcpmux, user and group of the service",
     "service with-user\n{\ntype = TCPMUX UNLISTED\n" STREAM
     "user = 4\nserver = {probe}\nserver_args = report\n}\n",
     "at 1; open; send with-user\\r\\n; shown uid gid", "uid=4 4 4; gid=4 4 4"},
    {"tcpmux and only_from",
     "service with-list\n{\ntype = TCPMUX UNLISTED\n" STREAM
     "user = {user}\nserver = {probe}\nserver_args = report\nonly_from = 10.1.2.3\n}\n",
     "at 1; from 10.1.2.3; open; send with-list\\r\\n; rest; "
     "from 10.1.2.4; open; send with-list\\r\\n; rest",
     "served; closed", "served; -Service not available\r\n", "7.3: told, not only closed"},
    {"tcpmux, help", "wait = no", "at 1; open; send help\\r\\n; rest",
     "-Service name not found\r\n\\0", "plain\r\nplus\r\nwith-list\r\nwith-user\r\n",
     "7.3: RFC 1078's HELP"},
    {"TCPMUX, not UNLISTED",
     "service {id}\n{\ntype = TCPMUX\n" STREAM
     "user = {user}\nserver = {probe}\nserver_args = report\n}\n",
     "at 1; open; send {id}\\r\\n; rest", "-Service name not found\r\n\\0",
     "-Service not available\r\n", "7.3: no stray NUL"},
    // -- sensors
    {"SENSOR, NEVER", "flags = SENSOR\ndeny_time = NEVER", "from 10.66.0.1; open; rest; open",
     "closed"},
    with_options("-cc 3600",
                 {"SENSOR, one minute", "flags = SENSOR\ndeny_time = 1\nlog_on_failure = HOST",
                  "from 10.66.0.2; open; rest; at {ready}; ask x\\n",
                  "closed; x\n; FAIL: ID address from=::ffff:10.66.0.2",
                  "closed; closed; FAIL: ID sensor from=::ffff:10.66.0.2",
                  "7.4: a mapped peer is the IPv4 peer that it is; its own reason"}),
    with_options("-cc 3600",
                 {"SENSOR, FOREVER", "flags = SENSOR\ndeny_time = FOREVER",
                  "from 10.66.0.3; open; rest; at {ready}; ask x\\n; from 10.66.0.4; ask x\\n",
                  "closed; x\n; x\n", "closed; closed; x\n",
                  "7.4: a mapped peer is the IPv4 peer that it is"}),
    {"SENSOR without a user", "flags = SENSOR\n-user\ndeny_time = NEVER", "open; rest", "closed"},
    {"SENSOR without a server", "flags = SENSOR\n-server\n-server_args\ndeny_time = NEVER",
     "open; rest", "refused; refused", "closed", "7.4: there is no server that it could need"},
    {"deny_time beyond a million", "flags = SENSOR\ndeny_time = 2000000",
     "from 10.66.0.5; open; rest", "closed"},
    {"deny_time that is none", "flags = SENSOR\ndeny_time = SOMETIMES", "open", "refused"},
    {"deny_time without SENSOR", "deny_time = 1", "show argv", "argv <probe><report>"},
    // -- and the rest
    {"INTERCEPT, datagrams",
     "socket_type = dgram\nprotocol = udp\nwait = yes\nflags = INTERCEPT IPv4\n"
     "server_args = receive 1\nonly_from = 127.0.0.1 10.1.2.3",
     "from 10.1.2.3; udp one; from 10.1.2.4; udp two", "silence; silence", "one; silence",
     "2.1: who may come is answered"},
    {"INTERCEPT, stream",
     "wait = yes\nflags = INTERCEPT IPv4\nserver_args = accept 2\nonly_from = 127.0.0.1 10.1.2.3",
     "from 10.1.2.3; open; number; from 10.1.2.4; open; rest; from 10.1.2.3; open; number",
     "closed; refused; refused; refused; refused", "a number; closed; a number",
     "2.1: who may come is served, and not only the first one who comes"},
    {"INTERCEPT where there is nothing to intercept", "flags = INTERCEPT", "show argv",
     "argv <probe><report>"},
    {"RPC without rpcbind",
     "service {id}\n{\ntype = RPC UNLISTED\nsocket_type = stream\nprotocol = tcp\nwait = no\n"
     "user = {user}\nserver = {probe}\nserver_args = report\nrpc_version = 1-2\n"
     "rpc_number = 600100009\n}\n",
     "open", "refused"},
    {"RPC without rpc_version",
     "service {id}\n{\ntype = RPC UNLISTED\nsocket_type = stream\nprotocol = tcp\nwait = no\n"
     "user = {user}\nserver = {probe}\nrpc_number = 600100009\n}\n",
     "open", "refused"},
    {"mdns", "mdns = yes", "show argv", "argv <probe><report>"},
};

}  // namespace

std::span<const Case> special_cases() {
    return cases;
}

}  // namespace minetd
