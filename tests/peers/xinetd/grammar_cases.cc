// SPDX-License-Identifier: ISC
// How a file is read: words, lines, braces, operators, and what is wrong in them.
#include "tests/peers/xinetd/case.h"

namespace minetd {
namespace {

#define ENTRY(ATTRIBUTES) "service {id}\n{\n" ATTRIBUTES "}\n"
#define COMPLETE(ARGUMENTS)                                                            \
    "type = UNLISTED\nport = {port}\nsocket_type = stream\nwait = no\nuser = {user}\n" \
    "server = {probe}\nserver_args = " ARGUMENTS "\n"

const Case cases[] = {
    {"a complete entry", ENTRY(COMPLETE("report")), "show argv", "argv <probe><report>"},
    {"keywords and values in other cases",
     "SERVICE {id}\n{\nTYPE = unlisted\nPORT = {port}\nSocket_Type = STREAM\nWAIT = No\n"
     "user = {user}\nserver = {probe}\nSERVER_ARGS = report\n}\n",
     "show argv", "argv <probe><report>"},
    {"comments and blank lines",
     "# one\n\nservice {id}\n# two\n\n{\n\n   # three = four\n" COMPLETE("report") "\n}\n# five",
     "show argv", "argv <probe><report>"},
    {"tabs and blanks",
     "  service\t{id} \t\n\t{ \n\t\ttype\t=\tUNLISTED\t \n  port   =\t{port} \nsocket_type "
     "=stream\n"
     "wait\t= no\nuser = {user}\t\nserver = {probe}\nserver_args =report \n\t}  \n",
     "show argv", "argv <probe><report>"},
    {"no blank behind the operator", "wait =no\nflags =IPv4", "show argv local",
     "argv <probe><report>; local=127.0.0.1"},
    {"no blank before the operator", "wait= no", "open; rest", "refused; refused", "served",
     "9: lenient where only one thing can be meant, and warned of"},
    {"a comment behind port", "port = {port} # the port", "open; rest", "refused; refused",
     "served", "10.2: a comment is a comment, and warned of"},
    {"a comment behind type", "type = UNLISTED # really", "open; rest", "refused; refused",
     "served", "10.2: a comment is a comment, and warned of"},
    {"a comment behind flags", "flags = REUSE # as always", "open; rest", "refused; refused",
     "served", "10.2: a comment is a comment, and warned of"},
    {"a comment behind access_times", "access_times = {now} # always", "open; rest",
     "refused; refused", "served", "10.2: a comment is a comment, and warned of"},
    {"a comment behind log_on_success", "log_on_success = HOST # as always", "open; rest",
     "refused; refused", "served; START: ID from=::ffff:127.0.0.1",
     "10.2: a comment is a comment, and warned of"},
    {"a comment behind log_on_failure", "log_on_failure = HOST # as always", "open; rest",
     "refused; refused", "served", "10.2: a comment is a comment, and warned of"},
    {"a comment behind log_type", "log_type = FILE {records} # here", "open; rest",
     "refused; refused", "served", "10.2: a comment is a comment, and warned of"},
    {"a comment behind env", "env = A=1 # one", "open; rest", "refused; refused", "served",
     "10.2: a comment is a comment, and warned of"},
    {"a comment behind passenv", "passenv = SHOWN # PATH", "show environment",
     "environment PATH REMOTE_HOST SHOWN",
     "environment PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT SHOWN TCPLOCALIP TCPLOCALPORT "
     "TCPREMOTEIP TCPREMOTEPORT",
     "10.2: a comment is a comment, and warned of"},
    {"a comment behind instances", "instances = 1 # only one\nserver_args = hold {dir}/gauge",
     "hold 2", "2 of 2", "1 of 2, others closed", "10.2: the limit is applied"},
    {"a comment behind server_args", "server_args = report a # b", "show argv",
     "argv <probe><report><a><#><b>"},
    {"a comment behind only_from", "only_from = 10.1.2.3 # localhost",
     "ask; from 10.1.2.3; show argv", "closed; argv <probe><report>"},
    {"a comment behind disable", "disable = yes # for now", "open; rest", "served",
     "refused; refused", "10.2: it is disabled"},
    {"a comment behind user", "user = {user} # nobody else", "open; rest", "refused; refused",
     "served", "10.2: a comment is a comment, and warned of"},
    {"CRLF in an entry", "wait = no\r\nserver_args = report\r", "open; rest", "refused; refused",
     "served", "1, 11: CR ends a line too"},
    {"no newline at the end", "service {id}\n{\n" COMPLETE("report") "}", "show argv",
     "argv <probe><report>"},
    {"the brace behind the name", "service {id} {\n" COMPLETE("report") "}\n", "open; rest",
     "refused; refused", "served", "1: lenient where only one thing can be meant, and warned of"},
    {"the brace missing at the end", "service {id}\n{\n" COMPLETE("report"), "open; rest",
     "refused; refused"},
    {"a line of garbage before an entry", "ervice lost\nservice {id}\n{\n" COMPLETE("report") "}\n",
     "open; rest", "refused; refused", "served", "1: garbage costs itself, not the next entry"},
    {"a line of garbage in an entry", "this is garbage", "open; rest", "refused; refused"},
    {"the entry behind a broken one",
     "service broken\n{\nwait=no\n}\nservice {id}\n{\n" COMPLETE("report") "}\n", "show argv",
     "argv <probe><report>"},
    {"an unknown attribute", "accept_reject_mesg = yes", "show argv", "argv <probe><report>"},
    {"an unknown attribute with a hyphen", "max-load = 3", "show argv", "argv <probe><report>"},
    {"an unknown attribute with a dot", "x.y += 1", "show argv", "argv <probe><report>"},
    {"an unknown attribute with a hyphen, no blank", "max-load=3", "open; rest",
     "refused; refused"},
    {"server_args twice", "server_args = report first\nserver_args = report second", "show argv",
     "argv <probe><report><first>"},
    {"port twice", "port = {port}\nport = 1", "show argv", "argv <probe><report>"},
    {"flags twice", "flags = NODELAY\nflags = KEEPALIVE", "show nodelay keepalive",
     "nodelay=1; keepalive=0"},
    {"type twice", "type = UNLISTED\ntype = INTERNAL", "show argv", "argv <probe><report>"},
    {"access_times twice", "access_times = 00:00-23:59\naccess_times = 24:00-25:00", "show argv",
     "argv <probe><report>"},
    {"+= where it has no meaning", "umask += 077\nwait = no", "show umask", "umask=022"},
    {"-= where it has no meaning", "nice -= 3\nwait = no", "show nice", "nice=0"},
    {"more values than one", "umask = 077 022", "show umask", "umask=022"},
    {"a value that is none", "instances = many", "open; rest", "refused; refused"},
    {"a port that is none", "port = http", "open; rest", "refused; refused"},
    {"a port beyond all", "port = 70000", "open; rest", "refused; refused"},
    {"wait that is neither", "wait = maybe", "open; rest", "refused; refused"},
    {"a type that there is not", "type = UNLISTED STRANGE", "open; rest", "refused; refused"},
    {"a flag that there is not", "flags = STRANGE", "open; rest", "refused; refused"},
    {"no value of server_args", "server_args =", "open; rest", "refused; refused"},
    {"wait left out", "-wait", "open; rest", "refused; refused"},
    {"user left out", "-user", "open; rest", "refused; refused"},
    {"server left out", "-server", "open; rest", "refused; refused"},
    {"port left out", "-port", "open; rest", "refused; refused"},
    {"protocol left out", "-protocol", "show argv", "argv <probe><report>"},
    {"socket_type left out", "-socket_type", "show argv", "argv <probe><report>"},
    {"both left out", "-socket_type\n-protocol", "open; rest", "refused; refused"},
    {"disable = yes", "disable = yes", "open; rest", "refused; refused"},
    {"disable = no", "disable = no", "show argv", "argv <probe><report>"},
    {"garbage behind disable = yes", "disable = yes\n-server\nwait = maybe\nstrange\n",
     "open; rest", "refused; refused"},
    {"a value with an equals sign", "server_args = report a=b --c=d", "show argv",
     "argv <probe><report><a=b><--c=d>"},
    {"quotes and backslashes are data", "server_args = report \"a b\" c\\ d 'e'", "show argv",
     "argv <probe><report><\"a><b\"><c\\><d><'e'>"},
    {"server_args on two lines", "server_args = report a \\\n   --export=b c", "show argv",
     "argv <probe><report><a><\\>"},
    {"a server that is not there", "server = {dir}/nowhere", "open; rest", "refused; refused"},
    {"a server that is no program", "server = {dir}/not-a-program", "open; rest",
     "refused; refused"},
    {"a user that there is not", "user = no-such-user-here", "open; rest", "refused; refused"},
    {"a group that there is not", "group = no-such-group-here", "open; rest", "refused; refused"},
};

}  // namespace

std::span<const Case> grammar_cases() {
    return cases;
}

}  // namespace minetd
