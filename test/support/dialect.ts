// The rules of docs/decisions/sql-dialect.md, over the syntax tree of PostgreSQL's own grammar.
import { parse } from 'libpg-query';

export interface Schema {
  /** The owner's column of each table with an owner. */
  owned: Record<string, string>;
  /** Names of functions. With several of one name, the least stable counts. */
  stable: string[];
  volatile: string[];
}

// A node as libpg-query gives it: { SelectStmt: {…} }, or its content where the grammar allows one kind only.
// oxlint-disable-next-line typescript/no-explicit-any
type Node = Record<string, any>;

interface Level {
  kind: string;
  query: Node;
  /** Names of the CTEs that it may read. */
  ctes: string[];
}

interface Table {
  name: string;
  alias: string;
  /** Each restricts its rows: WHERE, and ON where the join does not keep all of them. */
  conditions: Node[];
}

/** Describes which rule this statement breaks. */
export async function findFaults(sql: string, { owned, stable, volatile }: Schema): Promise<string[]> {
  const { stmts = [] } = await parse(sql);
  return stmts.flatMap(({ stmt }) => {
    const levels = listLevels(stmt, []);
    const isOwned = ({ name }: Table) => name in owned;
    return [
      ...levels.flatMap(readsWithoutOwner),
      ...levels.flatMap(lateralOfShared),
      ...levels.flatMap(unstableInUpdate),
      ...levels.flatMap(inInsert),
      ...writesShared(levels),
      ...silentInsert(stmt as Node),
      ...list(stmt, 'A_Star').map(() => 'selects *'),
    ];

    function readsWithoutOwner(level: Level): string[] {
      return tablesOf(level)
        .filter(isOwned)
        .filter(
          (table) => !table.conditions.some((each) => isOwnersParameter(each, table, owned[table.name]!)),
        )
        .map(({ name, alias }) => `reads ${name} without ${alias}.${owned[name]} = $n`);
    }

    function lateralOfShared({ query, ctes }: Level): string[] {
      const from: Node[] = query.fromClause ?? query.usingClause ?? [];
      const isOfShared = from.flatMap((item) => tablesIn(item, [])).some(({ name }) => name === 'users');
      const laterals = list(from, 'RangeSubselect').filter(({ lateral }) => lateral);
      const reads = laterals.flatMap(({ subquery }) => listLevels(subquery, ctes).flatMap(tablesOf));
      return isOfShared && reads.some(isOwned) ? ['joins users with a lateral subquery'] : [];
    }

    function unstableInUpdate({ kind, query }: Level): string[] {
      const { withClause: _, ...own } = query;
      const changing = kind === 'UpdateStmt' ? own : query.onConflictClause;
      const columns = (call: Node) => list(call.args, 'ColumnRef').length;
      return list(changing, 'FuncCall').flatMap((call) => {
        const name = nameOf(call.funcname);
        if (volatile.includes(name)) return [`updates with ${name}, which is VOLATILE`];
        return stable.includes(name) && columns(call) > 0
          ? [`updates with ${name} of a column, which is STABLE`]
          : [];
      });
    }

    function inInsert({ kind, query }: Level): string[] {
      if (kind !== 'InsertStmt') return [];
      const { valuesLists, lockingClause } = query.selectStmt?.SelectStmt ?? {};
      return [
        ...(list(valuesLists, 'SubLink').length > 0 ? ['has a subquery within VALUES'] : []),
        ...(lockingClause &&
        tablesOf({ kind: 'SelectStmt', query: query.selectStmt.SelectStmt, ctes: [] }).some(
          (table) => !isOwned(table),
        )
          ? ['locks a shared table within an INSERT']
          : []),
      ];
    }

    function writesShared(all: Level[]): string[] {
      const shared = all
        .filter(({ kind }) => kind !== 'SelectStmt')
        .map(({ query }) => query.relation.relname as string)
        .filter((name) => !(name in owned));
      const tables = all.flatMap((level) => [...tablesOf(level), ...targetOf(level)]);
      const personal = tables.find(isOwned);
      return shared.length > 0 && personal ? [`writes ${shared[0]!} and touches ${personal.name}`] : [];
    }
  });
}

/** In Citus, `insert … select … on conflict do nothing` reports a row it did not insert; its RETURNING does not. */
function silentInsert({ InsertStmt: insert }: Node): string[] {
  const isIgnored = insert?.onConflictClause?.action === 'ONCONFLICT_NOTHING';
  return isIgnored && !insert.returningClause ? ['does not return what it has inserted'] : [];
}

const queries = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt']);

/** All queries in it, subqueries and CTEs included. */
function listLevels(tree: unknown, ctes: string[]): Level[] {
  return childrenOf(tree).flatMap(([kind, query]) =>
    queries.has(kind) ? openLevel(kind, query, ctes) : listLevels(query, ctes),
  );
}

function openLevel(kind: string, query: Node, outer: string[]): Level[] {
  const own: Node[] = query.withClause?.ctes ?? [];
  const ctes = [...outer, ...own.map(({ CommonTableExpr: { ctename } }) => ctename as string)];
  const { larg, rarg, ...rest } = query;
  const sides = [larg, rarg].filter(Boolean) as Node[];
  return [
    { kind, query, ctes },
    ...sides.flatMap((side) => openLevel(kind, side, ctes)),
    ...listLevels(rest, ctes),
  ];
}

/** The tables that a query reads itself; what an UPDATE or a DELETE changes is among them. */
function tablesOf(level: Level): Table[] {
  const { kind, query, ctes } = level;
  const where = query.whereClause ? conjunctsOf(query.whereClause) : [];
  const from: Node[] = [...(query.fromClause ?? []), ...(query.usingClause ?? [])];
  const target = kind === 'InsertStmt' ? [] : targetOf(level);
  const tables = [...target, ...from.flatMap((item) => tablesIn(item, []))];
  return tables
    .filter(({ name }) => !ctes.includes(name))
    .map((table) => ({ ...table, conditions: [...where, ...table.conditions] }));
}

function targetOf({ query: { relation } }: Level): Table[] {
  return relation ? tablesIn({ RangeVar: relation }, []) : [];
}

function tablesIn({ RangeVar: table, JoinExpr: join }: Node, conditions: Node[]): Table[] {
  if (table) return [{ name: table.relname, alias: table.alias?.aliasname ?? table.relname, conditions }];
  if (!join) return [];
  const within = [...conditions, ...(join.quals ? conjunctsOf(join.quals) : [])];
  const restricts = (...kinds: string[]) => (kinds.includes(join.jointype) ? within : conditions);
  return [
    ...tablesIn(join.larg, restricts('JOIN_INNER', 'JOIN_RIGHT')),
    ...tablesIn(join.rarg, restricts('JOIN_INNER', 'JOIN_LEFT')),
  ];
}

function conjunctsOf(condition: Node): Node[] {
  const { boolop, args } = condition.BoolExpr ?? {};
  return boolop === 'AND_EXPR' ? (args as Node[]).flatMap(conjunctsOf) : [condition];
}

/** Without an alias the column is that of the only table which has one: PostgreSQL refuses an ambiguous name. */
function isOwnersParameter({ A_Expr: compared }: Node, { alias }: Table, column: string): boolean {
  if (compared?.kind !== 'AEXPR_OP' || nameOf(compared.name) !== '=') return false;
  const fields = ((compared.lexpr.ColumnRef?.fields ?? []) as Node[]).map(
    ({ String: part }) => part?.sval as string,
  );
  const value = compared.rexpr.TypeCast?.arg ?? compared.rexpr;
  return 'ParamRef' in value && [column, `${alias}.${column}`].includes(fields.join('.'));
}

function nameOf(parts: Node[]): string {
  return parts.at(-1)!.String.sval as string;
}

/** All nodes of this kind in it. */
function list(tree: unknown, kind: string): Node[] {
  return childrenOf(tree).flatMap(([key, node]) => [...(key === kind ? [node] : []), ...list(node, kind)]);
}

function childrenOf(tree: unknown): [string, Node][] {
  return Object.entries(tree ?? {}).filter(
    (entry): entry is [string, Node] => typeof entry[1] === 'object' && entry[1] !== null,
  );
}

/** Each ALTER TABLE that makes changes of several kinds. */
export async function findMixedChanges(sql: string): Promise<string[]> {
  const { stmts = [] } = await parse(sql);
  return list(stmts, 'AlterTableStmt').flatMap(({ relation, cmds }) => {
    const kinds = [...new Set(list(cmds, 'AlterTableCmd').map(({ subtype }) => subtype as string))];
    return kinds.length > 1 ? [`${relation.relname}: ${kinds.join(', ')}`] : [];
  });
}
