// SPDX-License-Identifier: ISC
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "services/status/summary.h"
#include "services/status/texts.h"

namespace minetd::status {
namespace {

constexpr std::size_t letters_a_line = 64;  // as mod_status

constexpr std::string_view style =
    "<style>body{font-family:sans-serif;margin:1.5em;color:#222}"
    "h2{margin-top:1.8em;border-bottom:1px solid #bbb}"
    "table{border-collapse:collapse;margin:.7em 0}"
    "th,td{padding:.15em .6em;text-align:right;border-bottom:1px solid #ddd}"
    "th{background:#eee}.text{text-align:left}pre{background:#f4f4f4;padding:.5em}</style>\n";

constexpr std::string_view key_of_letters =
    "<p>\"<b>_</b>\" waiting for a connection, \"<b>S</b>\" starting up, \"<b>R</b>\" reading a "
    "request, \"<b>W</b>\" serving, \"<b>K</b>\" keepalive, \"<b>C</b>\" closing, \"<b>G</b>\" "
    "gracefully finishing, \"<b>.</b>\" open slot with no current worker</p>\n";

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char letter : text) {
        switch (letter) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += static_cast<unsigned char>(letter) < ' ' ? '?' : letter;
        }
    }
    return safe;
}

class Page {
  public:
    template <class... Values>
    void add(fmt::format_string<Values...> form, Values&&... values) {
        fmt::format_to(std::back_inserter(text_), form, std::forward<Values>(values)...);
    }
    std::string take() { return std::move(text_); }

    void head(const Snapshot& snapshot, unsigned refresh);
    void service(const Service& service, bool table);

  private:
    void letters(const Service& service);
    void processes(const Service& service);
    void workers(const Service& service);

    std::string text_;
};

void Page::head(const Snapshot& snapshot, unsigned refresh) {
    add("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    if (refresh > 0) add("<meta http-equiv=\"refresh\" content=\"{}\">\n", refresh);
    add("<title>minetd status of {0}</title>\n{1}</head><body>\n<h1>minetd status of {0}</h1>\n",
        escaped(snapshot.host), style);
    const std::int64_t uptime = std::max<std::int64_t>(0, snapshot.now - snapshot.began);
    add("<dl><dt>Server Version: minetd/" MINETD_VERSION
        "</dt>\n<dt>Server Built: {}</dt>\n"
        "<dt>Current Time: {}</dt>\n<dt>Restart Time: {}</dt>\n"
        "<dt>Parent Server Config. Generation: {}</dt>\n<dt>Server uptime: {}</dt>\n"
        "<dt>Server load: {:.2f} {:.2f} {:.2f}</dt></dl>\n",
        built_text(snapshot.built), moment_text(snapshot.now), moment_text(snapshot.began),
        snapshot.configuration, duration_text(uptime), snapshot.load[0], snapshot.load[1],
        snapshot.load[2]);
}

void Page::letters(const Service& service) {
    const std::string all = status::letters(service);
    add("<pre>");
    for (std::size_t at = 0; at < all.size(); at += letters_a_line)
        add("{}\n", all.substr(at, letters_a_line));
    add("</pre>\n");
}

void Page::processes(const Service& service) {
    add("<table><tr><th>Slot</th><th>PID</th><th>Generation</th><th class=\"text\">Stopping</th>"
        "<th class=\"text\">Accepting</th><th>Connections</th><th>Busy</th><th>Idle</th>"
        "<th>Wait I/O</th><th>Writing</th><th>Keep-alive</th><th>Closing</th><th>CPU s</th>"
        "<th>Age s</th></tr>\n");
    for (std::size_t slot = 0; slot < service.servers.size(); ++slot) {
        const Server& server = service.servers[slot];
        const auto idle = std::ranges::count(server.workers, '_', &Worker::letter);
        const auto absent = std::ranges::count_if(server.workers, [](const Worker& worker) {
            return worker.letter == '.' || worker.letter == 'S';
        });
        add("<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"text\">{}</td>"
            "<td class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
            "<td>{}</td><td>{}</td><td>{:.2f}</td><td>{}</td></tr>\n",
            slot, server.pid, server.generation,
            !server.leaving                          ? "no"
            : server.generation < service.generation ? "yes (old gen)"
                                                     : "yes",
            server.accepting ? "yes" : "no", server.connections,
            static_cast<std::ptrdiff_t>(server.workers.size()) - idle - absent, idle,
            server.waiting, server.writing, server.keepalive, server.closing,
            server.cpu_user + server.cpu_system, server.began_s);
    }
    add("</table>\n");
}

void Page::workers(const Service& service) {
    add("<table><tr><th>Srv</th><th>PID</th><th>M</th><th>Conn</th><th>Req</th><th>SS</th>"
        "<th>Took ms</th><th>Dur ms</th><th>KB</th><th class=\"text\">Client</th></tr>\n");
    for (std::size_t slot = 0; slot < service.servers.size(); ++slot) {
        const Server& server = service.servers[slot];
        for (const Worker& worker : server.workers) {
            // As mod_status: who has never done anything is not worth a line.
            if (worker.connections == 0 && (worker.letter == '_' || worker.letter == '.')) continue;
            add("<tr><td>{}-{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
                "<td>{}</td><td>{}</td><td>{:.1f}</td><td class=\"text\">{}</td></tr>\n",
                slot, server.generation, server.pid, worker.letter, worker.connections,
                worker.requests, std::max<std::int64_t>(0, worker.last_began_s),
                worker.last_took_ms, worker.busy_ms, static_cast<double>(worker.bytes) / 1024,
                escaped(worker.client));
        }
    }
    add("</table>\n");
}

void Page::service(const Service& service, bool table) {
    const Summary sum = summarize(service);
    add("<h2>{} <small>({}, {})</small></h2>\n", escaped(service.id), escaped(service.key),
        escaped(service.mpm));
    add("<dl><dt>Total connections: {} - requests: {} - Traffic: {:.1f} kB - refused: {}</dt>\n",
        service.connections, service.requests, static_cast<double>(service.bytes) / 1024,
        service.refused);
    add("<dt>{} busy workers, {} gracefully finishing, {} idle", sum.busy, sum.graceful, sum.idle);
    if (service.most > 0) add(", at most {}", service.most);
    add("</dt>\n<dt>Backlog: {} now, {} at its peak</dt>", service.backlog, service.backlog_peak);
    if (service.memory_current)
        add("\n<dt>Memory: {:.1f} MB</dt>",
            static_cast<double>(*service.memory_current) / 1'048'576);
    if (service.tasks_current) add("\n<dt>Tasks: {}</dt>", *service.tasks_current);
    add("</dl>\n");
    letters(service);
    if (!table || service.servers.empty()) return;
    processes(service);
    workers(service);
}

}  // namespace

std::string page(const Snapshot& snapshot, const Service* only, PageOptions options) {
    Page page;
    page.head(snapshot, options.refresh);
    page.add("{}", key_of_letters);
    for (const Service& service : snapshot.services)
        if (only == nullptr || only == &service) page.service(service, options.table);
    page.add("</body></html>\n");
    return page.take();
}

}  // namespace minetd::status
