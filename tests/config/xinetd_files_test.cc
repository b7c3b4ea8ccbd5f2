// SPDX-License-Identifier: ISC
// Files of xinetd: what the old daemon lost, opened or misread in silence is told, and the rest
// means what it meant.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "daemon/config/configuration.h"
#include "daemon/config/mdns_spec.h"
#include "daemon/config/xinetd_attributes.h"

using namespace minetd;

namespace {

const std::string basics =
    "type = UNLISTED\nport = 7001\nsocket_type = stream\nwait = no\nuser = nobody\n"
    "server = /bin/cat\n";

struct Outcome {
    Configuration configuration;
    Diagnostics diagnostics;
    std::string text;  ///< of all findings

    explicit Outcome(const std::string& file, LoadOptions options = {.check_host = false}) {
        configuration = parse_configuration(file, "/nowhere/xinetd.conf", options, diagnostics);
        for (const Diagnostic& one : diagnostics.all())
            text += one.where.str() + one.message + "; " + one.advice + "\n";
    }
    const ServiceSpec& only() const {
        REQUIRE(configuration.services.size() == 1);
        return *configuration.services[0];
    }
};

std::string entry(const std::string& more) {
    return "service one\n{\n" + basics + more + "}\n";
}

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("an entry of xinetd, with what xinetd does unless told") {
        const Outcome outcome(entry(""));
        const ServiceSpec& spec = outcome.only();
        CHECK(outcome.diagnostics.all().empty());
        CHECK(spec.name == "one");
        CHECK(spec.port == 7001);
        CHECK(spec.family == Family::dual);
        CHECK(spec.server_args == std::vector<std::string>{"cat"});
        CHECK_FALSE(spec.groups);
        CHECK(spec.session);
        CHECK(spec.libwrap == "cat");
        CHECK(spec.log_on_failure == 0);
        CHECK(spec.log_type.kind == LogTarget::Kind::none);
        CHECK(spec.limits.cps == ConnectionsPerSecond{50, 10});
        CHECK(spec.limits.source_prefix == SourcePrefix{.v4 = 32, .v6 = 128});
    }

    TEST_CASE("one setting more of an entry of xinetd") {
        const struct {
            const char* setting;
            bool served;
            const char* says;  ///< nullptr: nothing
        } rows[] = {
            {"instances = 3 # three\n", true, "no comment behind a value"},
            {"instances=3\n", true, "no blank before the operator"},
            {"server_args = a # b\n", true, "this is no comment"},
            {"strange = yes\n", true, "there is no attribute `strange`"},
            {"max-load = 3\n", true, "there is no attribute `max-load`"},
            {"x.y += 1\n", true, "there is no attribute `x.y`"},
            {"max-load=3\n", false, "this is no setting"},
            {"port = 7002\n", true, "port is said already"},
            {"umask += 022\n", true, "which nothing is added to"},
            {"instances = 1 2\n", true, "takes one value and not 2"},
            {"instances = many\n", false, "instances:"},
            {"instances = 2000000\n", true, "instances: there is no more than 1000000"},
            {"cps = 2000000 10\n", true, "cps: there is no more than 1000000"},
            {"max_load = 2000000.5\n", true, "max_load: there is no more than 1000000"},
            {"max_load = -1\n", false, "max_load: -1 is out of range"},
            {"deny_time = 2000000\nflags = SENSOR\n", true,
             "deny_time: there is no more than 1000000"},
            {"log_on_failure = RECORD\n", false, "RECORD is gone"},
            {"this is garbage\n", false, "this is no setting"},
            {"only_from = 127.0.0.\n", true, "it admits nobody"},
            {"no_access = 127.0.0.\n", false, "no_access:"},
            {"no_access = 127.0\n", true, nullptr},
            {"no_access = 192.168\n", true, "192.168 is 192.0.0.168, as with xinetd"},
            {"no_access = 192.168/16\n", true, "192.168/16 is 192.0.0.168/16, as with xinetd"},
            {"only_from = 10.1\nonly_from -= 10.1\n", true, "10.1 is 10.0.0.1"},
            {"flags = IDONLY\n", true, "IDONLY has no effect, as with xinetd: USERID is not in"},
            {"flags = IDONLY\nlog_on_success = USERID\nwait = yes\n", true, "hardly any host"},
            {"log_on_success = HOST # x\nlog_type = SYSLOG daemon\n", true,
             "disables the service for it"},
            {"flags = REUSE # x\n", true, "disables the service for it"},
            {"env = A=1 # x\n", true, "disables the service for it"},
            {"passenv = A # x\n", true, "takes these words as values"},
            {"only_from = 10.0.0.1 # x\n", true, "takes these words as values"},
            {"only_from = 10.0.0.0/255.0.0.0\n", true, "is the network 10.0.0.0/8 here"},
            {"access_times = 00:00-24:00\n", true, "24:00 is midnight"},
            {"flags = NAMEINARGS\n", false, "NAMEINARGS"},
            {"flags = LABELED\n", false, "LABELED"},
            {"flags = STRANGE\n", false, "flags:"},
            {"log_on_success = TRAFFIC\n", false, "TRAFFIC"},
            {"rpc_version = 1\n", true, "no RPC service"},
            {"rpc_number = 100001\n", true, "no RPC service"},
            {"disable = yes\ngarbage\n", false, nullptr},
            {"disabled = yes\n", true,
             "this line is ignored, and the service is not disabled; did you mean `disable = "
             "yes`?"},
            {"disabled = no\n", true, "did you mean `disable = no`?"},
            {"enable = yes\n", true,
             "no attribute `enable`: this line is ignored; did you mean `disable = no`?"},
            {"enable = no\n", true, "did you mean `disable = yes`?"},
            {"enabled = no\n", true,
             "and the service is not disabled; did you mean `disable = yes`?"},
            {"enabled = one two\n", true, "did you mean `disable`?"},
            {"log_type = FILE relative/x\n", false, "write FILE /var/log/NAME"},
            {"only_from = 192.168.1.0/24, 10.0.0.1\n", false, "separate words with blanks"},
            {"redirect = localhost:80\n", true, "write `redirect = HOST PORT`"},
            {"cps = 25\n", true, "write `cps = N SECONDS`"},
            {"nice = -30\n", true, "nice: there is no less than -20"},
            {"nice = +5\n", true, nullptr},
            {"nice = +-5\n", false, "is not a number"},
        };
        for (const auto& row : rows) {
            CAPTURE(std::string(row.setting));
            const Outcome outcome(entry(row.setting));
            CAPTURE(outcome.text);
            CHECK(outcome.configuration.services.size() == (row.served ? 1 : 0));
            CHECK(outcome.diagnostics.all().empty() == (row.says == nullptr));
            if (row.says) CHECK(outcome.text.find(row.says) != std::string::npos);
            CHECK_FALSE(outcome.configuration.fatal);
        }
    }

    TEST_CASE("types and flags are attributes natively") {
        const auto with = [](const std::string& more) { return Outcome(entry(more)).only(); };
        CHECK(with("flags = NODELAY KEEPALIVE\n").nodelay);
        CHECK(with("flags = NODELAY KEEPALIVE\n").keepalive);
        CHECK(with("flags = NOLIBWRAP\n").libwrap.empty());
        CHECK(with("flags = IPv4\n").family == Family::v4);
        CHECK(with("bind = 127.0.0.1\n").family == Family::v4);
        CHECK(with("v6only = yes\n").family == Family::v6);
        CHECK(with("v6only = no\n").family == Family::dual);
        CHECK(with("bind = ::\n").family == Family::dual);
        CHECK(with("bind = ::\nv6only = yes\n").family == Family::v6);
        CHECK(with("bind = ::1\n").family == Family::v6);
        // Wherever the flag stands.
        for (const char* text : {"flags = NAMEINARGS\nserver_args = me arg\n",
                                 "server_args = me arg\nflags = NAMEINARGS\n"}) {
            CHECK(with(text).server_args == std::vector<std::string>{"me", "arg"});
            CHECK(with(text).libwrap == "me");
        }
    }

    TEST_CASE("IDONLY goes by USERID, where somebody can be asked") {
        const struct {
            const char *defaults, *more;
            bool only;
            const char* says;
        } rows[] = {
            {"", "log_on_success = USERID\n", true, "hardly any host runs"},
            {"log_on_success = USERID\n", "", true, "hardly any host runs"},
            {"", "", false, "USERID is not in log_on_success"},
            {"", "log_on_failure = USERID\n", false, "USERID is not in log_on_success"},
            {"log_on_success = USERID\n", "log_on_success -= USERID\n", false, "USERID is not in"},
            {"", "log_on_success = USERID\nwait = yes\n", false, "its program accepts"},
            {"", "log_on_success = USERID\nwait = yes\nflags = INTERCEPT IDONLY\n", true,
             "hardly any host runs"},
            {"", "log_on_success = USERID\nwait = yes\nsocket_type = dgram\n", false,
             "datagrams have no owner"},
            {"", "log_on_success = USERID\nport = 113\n", false, "it is the ident service"},
        };
        for (const auto& row : rows) {
            CAPTURE(std::string(row.defaults));
            CAPTURE(std::string(row.more));
            // The first of two lines of an attribute counts.
            const Outcome outcome("defaults\n{\n" + std::string(row.defaults) +
                                  "}\nservice one\n{\n" + row.more + "flags = IDONLY\n" + basics +
                                  "}\n");
            CAPTURE(outcome.text);
            CHECK(outcome.only().ident_only == row.only);
            CHECK(outcome.text.find(row.says) != std::string::npos);
            CHECK(outcome.diagnostics.errors() == 0);
        }
    }

    TEST_CASE("headings and ports: what is advised is xinetd's") {
        const struct {
            std::string text;
            unsigned errors;
            const char* says;
        } rows[] = {
            {"service nosuchapp\n{\nsocket_type = stream\nwait = no\nuser = nobody\n"
             "server = /bin/cat\n}\n",
             1, "write type = UNLISTED and port = N"},
            {"service nosuchapp\n{\nsocket_type = stream\nwait = no\nuser = nobody\n"
             "server = /bin/cat\nport = 259x\n}\n",
             1, "port: `259x` is not a number"},
            {"default {\ninstances = 6\n}\n" + entry(""), 1, "did you mean `defaults`?"},
            {"includedirr /etc/xinetd.d\n" + entry(""), 1, "did you mean `includedir`?"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const Outcome outcome(row.text);
            CAPTURE(outcome.text);
            CHECK(outcome.diagnostics.errors() == row.errors);
            CHECK(outcome.text.find(row.says) != std::string::npos);
        }
    }

    TEST_CASE("UDP builtins: that they do not answer everybody is told once") {
        const std::string udp =
            "{\ntype = INTERNAL UNLISTED\nport = 70\nsocket_type = dgram\nwait = yes\n";
        const auto told = [](const std::string& text) {
            const Outcome outcome(text);
            unsigned times = 0;
            for (const Diagnostic& one : outcome.diagnostics.all())
                times += one.message.starts_with("builtins on UDP do not answer") ? 1 : 0;
            return times;
        };
        const std::string two = "service echo\n" + udp + "}\nservice time\n" + udp;
        CHECK(told(two + "id = other\n}\n") == 1);
        CHECK(told("service discard\n" + udp + "}\n") == 0);
        CHECK(told("service echo\n" + udp + "udp_guard = local\n}\n") == 0);
    }

    TEST_CASE("an entry whose value is broken is checked to its end") {
        const Outcome outcome(
            "service one\n{\ntype = UNLISTED\nport = 7001\nsocket_type = stream\nwait = no\n"
            "access_times = 25:00-26:00\nuser = no-such-user\ngroup = no-such-group\n"
            "server = /no/such/server\nlog_type = FILE /no/such/directory/log\n}\n",
            {});
        CAPTURE(outcome.text);
        CHECK(outcome.diagnostics.errors() == 5);
        for (const char* says : {"access_times: ", "no user `no-such-user`",
                                 "no group `no-such-group`", "/no/such/server: ", "log_type: "})
            CHECK(outcome.text.find(says) != std::string::npos);
    }

    TEST_CASE("a file is xinetd's by its first statement, and what is pasted costs itself") {
        const std::string line = "7100 stream tcp nowait nobody internal echo\n";
        const struct {
            std::string text;
            unsigned services, errors;
            const char* says;
            const char* broken;  ///< nullptr: nothing
        } rows[] = {
            {line + entry(""), 1, 1, ":2:1xinetd entry in a native file", "one/?"},
            {line + "service one {\n  port = 7001\n}\n" +
                 "7101 stream tcp nowait nobody internal "
                 "echo\n",
             2, 1, ":2:1xinetd entry in a native file", "one/?"},
            {line + "[7100]\nnice = 5\n" + entry("") + "umask = 022\n", 1, 1, ":4:1xinetd entry",
             "one/?"},
            {line + "defaults\n{\ninstances = 5\n}\n", 1, 1, "write what it says in [defaults]",
             nullptr},
            {line + "includedir /etc/xinetd.d\n", 1, 1, "xinetd include in a native file", nullptr},
            {line + "service one\n{\nport = 7001\n[7100]\nnice = 5\n", 1, 1, "xinetd entry",
             "one/?"},
            {"[defaults]\nnice = 5\n" + entry(""), 0, 1, "xinetd entry in a native file", "one/?"},
            {entry("") + line + "7101 stream tcp nowait nobody internal echo\n", 2, 1,
             ":1:1xinetd entry in a native file", "one/?"},
            {entry("") + line, 1, 1, "this is no statement of xinetd", nullptr},
            {"servcie two\n{\n}\n" + entry(""), 1, 1, "did you mean `service`?", "/?"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const Outcome outcome(row.text);
            CAPTURE(outcome.text);
            CHECK(outcome.configuration.services.size() == row.services);
            CHECK(outcome.diagnostics.errors() == row.errors);
            CHECK(outcome.text.find(row.says) != std::string::npos);
            CHECK_FALSE(outcome.configuration.fatal);
            const std::vector<std::string>& broken = outcome.configuration.broken;
            if (row.broken != nullptr && row.broken != std::string_view("/?"))
                CHECK(broken == std::vector<std::string>{row.broken});
        }
        // A dialect that is said wins; of a whole file of another the running services stay.
        LoadOptions native{.check_host = false};
        native.dialect = Dialect::minetd;
        CHECK(Outcome(line + entry(""), native).configuration.services.size() == 1);
        CHECK(Outcome(entry(""), native).configuration.fatal);
    }

    TEST_CASE("a comment in defaults ends xinetd where it disables a service") {
        const Outcome outcome("defaults\n{\nlog_on_success = HOST # x\n}\n" + entry(""));
        CHECK(outcome.text.find("and ends because of it") != std::string::npos);
        CHECK((outcome.only().log_on_success & log_host) != 0);
    }

    TEST_CASE("services that services(5) does not have as they stand are served, and told of") {
        const auto service = [](const std::string& name, const std::string& more) {
            return "service " + name + "\n{\nsocket_type = stream\nwait = no\nuser = nobody\n" +
                   "server = /bin/cat\n" + more + "}\n";
        };
        const struct {
            std::string text;
            const char* says;  ///< nullptr: nothing
        } rows[] = {
            {service("ftp", ""), nullptr},
            {service("ftp", "port = 21\n"), nullptr},
            {service("ftp", "port = 2121\n"), "services(5) has the port 21 for `ftp`"},
            {service("8080", ""), "services(5) has no `8080` for tcp"},
            {service("8080", "port = 8080\n"), "services(5) has no `8080` for tcp"},
            {service("8080", "type = UNLISTED\nport = 8080\n"), nullptr},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const Outcome outcome(row.text);
            CAPTURE(outcome.text);
            CHECK(outcome.only().port != 0);
            CHECK(outcome.diagnostics.all().size() == (row.says ? 1 : 0));
            if (row.says) CHECK(outcome.text.find(row.says) != std::string::npos);
        }
    }

    TEST_CASE("entries of one name are told apart only where their keys are the same") {
        const auto one = [](const std::string& port, const std::string& more) {
            return "service web\n{\ntype = UNLISTED\nport = " + port +
                   "\nwait = no\nuser = nobody\nserver = /bin/cat\nmdns = yes\n" + more + "}\n";
        };
        const std::string stream = "socket_type = stream\n";
        const struct {
            std::string text, keys, types;
        } rows[] = {
            {one("80", stream), "web/tcp46 ", "_web._tcp "},
            {one("80", stream) + one("81", stream), "80/tcp46 81/tcp46 ", "_web._tcp _web._tcp "},
            {one("80", stream) + one("81", "disable = yes\n"), "web/tcp46 ", "_web._tcp "},
            {one("80", stream) + one("80", "socket_type = dgram\n"), "web/tcp46 web/udp46 ",
             "_web._tcp _web._udp "},
            {one("80", stream + "bind = ::1\n") + one("80", stream + "bind = 127.0.0.1\n"),
             "[::1]:web/tcp6 127.0.0.1:web/tcp4 ", "_web._tcp _web._tcp "},
            // Of a broken one nobody can tell.
            {one("80", stream) + one("81", stream + "nice = very\n"), "80/tcp46 ", "_web._tcp "},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const Outcome outcome(row.text);
            CAPTURE(outcome.text);
            std::string keys, types;
            for (const auto& spec : outcome.configuration.services) {
                keys += spec->key() + " ";
                types += discovery_type(*spec) + " ";
            }
            CHECK(keys == row.keys);
            CHECK(types == row.types);
            CHECK(outcome.text.find("mdns") == std::string::npos);
        }
    }

    TEST_CASE("defaults are for all services, wherever they stand") {
        const Outcome outcome(entry("only_from += 10.0.0.2\n") +
                              "defaults\n{\nonly_from = 10.0.0.1\numask = 027\n}\n");
        REQUIRE(outcome.only().access.only_from);
        CHECK(outcome.only().access.only_from->size() == 2);
        CHECK(outcome.only().umask == 027U);
        CHECK(outcome.text.find("services above these defaults") != std::string::npos);
    }

    TEST_CASE("broken defaults are fatal, broken entries cost themselves") {
        CHECK(Outcome("defaults\n{\ninstances = many\n}\n" + entry("")).configuration.fatal);
        const Outcome outcome("service two\n{\nwait = maybe\n}\n" + entry(""));
        CHECK_FALSE(outcome.configuration.fatal);
        CHECK(outcome.only().name == "one");
        CHECK(outcome.configuration.broken.size() == 1);
    }

    TEST_CASE("enabled and disabled choose by id") {
        const std::string two =
            "service two\n{\nid = second\ntype = UNLISTED\nport = 7002\nsocket_type = stream\n"
            "wait = no\nuser = nobody\nserver = /bin/cat\n}\n";
        const auto names = [&](const std::string& defaults) {
            std::string all;
            for (const auto& spec : Outcome("defaults\n{\n" + defaults + "}\n" + entry("") + two)
                                        .configuration.services)
                all += spec->id + " ";
            return all;
        };
        CHECK(names("") == "one second ");
        CHECK(names("enabled = SECOND\n") == "second ");
        CHECK(names("disabled = one\n") == "second ");
        CHECK(names("enabled = one second\ndisabled = second\n") == "one ");
    }

    TEST_CASE("includedir: names without a dot, in order, one bad file costs itself") {
        std::string path = "/tmp/minetd-test-XXXXXX";
        REQUIRE(mkdtemp(path.data()));
        std::filesystem::create_directory(path + "/deeper");
        const auto write = [&](const std::string& name, const std::string& text) {
            std::ofstream(path + "/" + name) << text;
        };
        write("b", entry(""));
        write("a", "U2FsdGVkX1\n");
        write("c.conf", "service lost\n{\n}\n");
        write("d~", "service lost\n{\n}\n");
        const Outcome outcome("includedir " + path + "\ninclude " + path + "/nowhere\n");
        std::filesystem::remove_all(path);
        CHECK(outcome.only().name == "one");
        CHECK(outcome.diagnostics.errors() == 2);
        CHECK_FALSE(outcome.configuration.fatal);
    }

    TEST_CASE("includedir: one message for each file that is none of xinetd's") {
        std::string path = "/tmp/minetd-test-XXXXXX";
        REQUIRE(mkdtemp(path.data()));
        const auto write = [&](const std::string& name, const std::string& text) {
            std::ofstream(path + "/" + name) << text;
        };
        write("binary", std::string("\x00\x01\x02\n\x03\n\x7f\x45\n", 9));
        write("empty", "");
        write("good", entry(""));
        write("old.bak", entry(""));
        write("pg_node.sh", "#!/bin/sh\nexit 0\n");
        write("with.dot", entry(""));
        std::filesystem::create_symlink("/dev/null", path + "/masked");
        const Outcome outcome("includedir " + path + "\n");
        std::filesystem::remove_all(path);
        CAPTURE(outcome.text);
        CHECK(outcome.only().name == "one");
        CHECK(outcome.diagnostics.errors() == 1);
        CHECK(outcome.diagnostics.all().size() == 4);
        for (const char* said :
             {"/binarythis is no text", "/emptythere is nothing", "/maskedthis is no regular file",
              "/with.dotthis file is not read: its name has a dot"})
            CHECK(outcome.text.find(said) != std::string::npos);
        CHECK_FALSE(outcome.configuration.fatal);
    }

    TEST_CASE("a file of garbage does not fill the memory with what is said about it") {
        std::string garbage = "service one\n{\n";
        for (unsigned i = 0; i < 5000; ++i) garbage += "strange = 1\n";
        garbage += "}\n";
        for (unsigned i = 0; i < 2000; ++i) garbage += "service x\n{\nnonsense\n}\n";
        const Outcome outcome(garbage);
        CHECK(outcome.diagnostics.all().size() < 1100);
        CHECK(outcome.configuration.fatal);
    }

    TEST_CASE(
        "an entry that xinetd dropped for a missing blank is told of, whatever the line says") {
        for (const std::string line : {"PATH=/bin", "nice=1", "disabled=one"}) {
            CAPTURE(line);
            const Outcome outcome(entry(line + "\n"));
            CHECK(outcome.configuration.services.size() == 1);
            CHECK(outcome.text.find("xinetd drops the whole entry") != std::string::npos);
        }
    }

    TEST_CASE("a file with very many warnings is one that is served") {
        std::string text;
        for (unsigned i = 0; i < 400; ++i)
            text += "service s" + std::to_string(i) +
                    "\n{\ntype = UNLISTED\nport = " + std::to_string(10'000 + i) +
                    "\nsocket_type=stream\nwait=no\nuser=nobody\nserver=/bin/cat\n}\n";
        const Outcome outcome(text);
        CHECK(outcome.configuration.services.size() == 400);
        CHECK_FALSE(outcome.configuration.fatal);
        CHECK(outcome.diagnostics.errors() == 0);
        REQUIRE(outcome.diagnostics.all().size() == 501);
        CHECK(outcome.diagnostics.all().back().message == "there are more than 500 warnings");
    }

    TEST_CASE("a dump of xinetd's services means the same") {
        const Outcome outcome(
            "defaults\n{\nlog_type = FILE /var/log/x 1000 2000\nlog_on_success = HOST PID\n"
            "only_from = 10.0.0.0 .example.org\n}\n" +
            entry("env = A=1 B=2\npassenv =\ncps = 10 5\nflags = NAMEINARGS KEEPALIVE\n"
                  "server_args = me --and more\nrlimit_as = 8M\nbanner_fail = /etc/motd\n"));
        Diagnostics diagnostics;
        const Configuration again = parse_configuration(dump(outcome.configuration), "dump",
                                                        {.check_host = false}, diagnostics);
        CHECK(diagnostics.all().empty());
        REQUIRE(again.services.size() == 1);
        CHECK(*again.services[0] == outcome.only());
    }

    TEST_CASE("minetd-xinetd(7) has every attribute of xinetd") {
        std::ifstream file(MINETD_TEST_SOURCES "/../man/minetd-xinetd.7");
        const std::string page{std::istreambuf_iterator<char>(file), {}};
        CHECK(xinetd_attributes().size() == 47);
        for (const XinetdAttribute& attribute : xinetd_attributes()) {
            CAPTURE(attribute.name);
            const std::string name(attribute.name);
            const bool there = page.find(".It Cm " + name + "\n") != std::string::npos ||
                               page.find("Cm " + name + " ,") != std::string::npos ||
                               page.find(", Cm " + name + "\n") != std::string::npos ||
                               page.find(", Cm " + name + " ,") != std::string::npos;
            CHECK(there);
        }
    }
}
